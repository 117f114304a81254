/** `sluice sandbox --bot-connector`: Genesys Cloud calling a bot, as a conversation on the terminal. */
import { readFileSync } from 'node:fs'
import { type BotConnectorTurn, playBotConnector } from '@sluice/sandbox'
import { CommandError } from './failure.ts'
import { neutralise, paint } from './terminal.ts'

export interface BotConnectorCommand {
  url: string
  header?: string
  headerFile?: string
  say?: readonly string[]
}

/** Prints what was said and what came back; the exit code is 1 where a reply is none or the bot fails. */
export async function callBot({ url, say, ...sources }: BotConnectorCommand): Promise<void> {
  const headers = headersOf(sources)
  const options = { url, headers, ...(say !== undefined && { utterances: say }) }
  for await (const turn of playBotConnector(options)) {
    show(turn)
    if (turn.problems.length > 0 || turn.botState === 'FAILED') process.exitCode = 1
  }
}

function show({ utterance, replies, botState, intent, durationMs, problems }: BotConnectorTurn) {
  const out = process.stdout
  out.write(`${paint('cyan', '>', out)} ${neutralise(utterance)}\n`)
  for (const reply of replies) out.write(`${paint('green', '<', out)} ${neutralise(reply)}\n`)
  const ending = botState === 'COMPLETE' ? `, intent ${intent}` : ''
  const state = neutralise(`${botState ?? 'no reply'}${ending}`)
  out.write(`${paint('dim', `  ${state}, ${durationMs} ms`, out)}\n`)
  for (const problem of problems)
    process.stderr.write(`${paint('red', 'refused:', process.stderr)} ${problem}\n`)
}

/** Lines of `name: value`, as HTTP writes them. */
function headersOf({ header, headerFile }: Pick<BotConnectorCommand, 'header' | 'headerFile'>) {
  const lines = [header ?? '', ...(headerFile === undefined ? [] : linesOf(headerFile))]
  const named = lines.filter((line) => line.trim() !== '')
  return Object.fromEntries(named.map(fieldOf))
}

function fieldOf(line: string): [name: string, value: string] {
  const [, name, value] = /^([\w-]+):\s*(\S.*?)\s*$/.exec(line) ?? []
  // Without the line: it may hold a secret.
  if (name === undefined || value === undefined)
    throw new CommandError('A header has to read "name: value"')
  return [name, value]
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(`--header-file: cannot read ${path} (${code})`)
  }
}
