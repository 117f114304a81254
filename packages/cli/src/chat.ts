/** `sluice chat`: asks a gateway and shows the answer as it comes, then what the guard did and how fast it was. */
import { readFileSync } from 'node:fs'
import { type Completion, connect, type SluiceClient, SluiceError } from '@sluice/client'
import { type ChatMessage, CLOSE_CODES } from '@sluice/protocol'
import { WebSocket } from 'ws'
import { ChatView, JsonView } from './chat-view.ts'
import { Command } from './commander.ts'
import { CommandError } from './failure.ts'
import { readPiped } from './piped.ts'
import { neutralise } from './terminal.ts'

interface Options {
  url: string
  model: string
  system?: string
  key?: string
  keyFile?: string
  temperature?: string
  json?: boolean
}

/** How long the gateway may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 10_000
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i
/** How long the answer waits for a connection that was lost. */
const GIVE_UP_AFTER_MS = 60_000
/** A frame of a gateway is far smaller; a larger one ends the connection. */
const MAX_FRAME_BYTES = 16_777_216

export function chatCommand(): Command {
  return new Command('chat')
    .description('asks a running gateway and streams the answer to the terminal')
    .argument('[prompt]', 'what to ask; what is piped in comes after it')
    .option('-u, --url <url>', 'where the gateway listens', 'ws://127.0.0.1:8080')
    .option('-m, --model <model>', 'model to ask', 'gpt-4o-mini')
    .option('-s, --system <text>', 'system message')
    .option('-k, --key <key>', 'client key or token; others on this machine may see it, so better:')
    .option('--key-file <path>', 'file with the client key or token')
    .option('-t, --temperature <number>', 'from 0 to 2')
    .option('--json', 'print the messages as they come, one JSON object a line')
    .action((prompt: string | undefined, options: Options) => chat(prompt, options))
}

async function chat(argument: string | undefined, options: Options): Promise<void> {
  const prompt = await promptFrom(argument)
  const messages: ChatMessage[] = [{ role: 'user', content: prompt }]
  if (options.system !== undefined) messages.unshift({ role: 'system', content: options.system })
  const temperature = options.temperature === undefined ? undefined : Number(options.temperature)
  if (Number.isNaN(temperature))
    throw new CommandError('--temperature: expected a number from 0 to 2')
  const view = options.json === true ? new JsonView() : new ChatView(options.model)
  const url = webSocketUrl(options.url)
  const key = keyOf(options)
  const client = connect({
    url: String(url),
    client: 'sluice chat',
    WebSocket: BoundedWebSocket,
    openTimeoutMs: CONNECT_TIMEOUT_MS,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    ...(key === undefined ? {} : { token: key }),
  })
  try {
    await opened(client, url, key !== undefined)
    const completion = client.complete({ modelId: options.model, messages, temperature })
    stopOnInterrupt(completion)
    if (!(await shown(completion, view))) process.exitCode = 1
  } finally {
    client.close()
  }
}

class BoundedWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES })
  }
}

/** Resolves when the gateway has said welcome; the first failure is told at once, later ones are survived. */
function opened(client: SluiceClient, url: URL, hasKey: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = client.onStateChange((state) => {
      if (state.status !== 'waiting') return
      stop()
      reject(unreachable(state.error, url, hasKey))
    })
    client.open().then(
      () => {
        stop()
        resolve()
      },
      (error) => reject(unreachable(error, url, hasKey)),
    )
  })
}

function unreachable(error: SluiceError, url: URL, hasKey: boolean): CommandError {
  if (error.closeCode === CLOSE_CODES.unauthorized.code && !hasKey) {
    return new CommandError(
      'The gateway asks for a key: name a file with one by --key-file (sluice keys create makes keys)',
    )
  }
  // Without the user part and the query, which may hold secrets.
  const gateway = `${url.protocol}//${url.host}`
  if (error.code === 'connection_refused')
    return new CommandError(`${gateway}: ${neutralise(error.message)}`)
  const why = error.message.includes('ECONNREFUSED')
    ? 'nothing listens there. Start the gateway first: npm start'
    : neutralise(error.message)
  return new CommandError(`Cannot reach the gateway at ${gateway}: ${why}`)
}

/** Ctrl-C stops the model, not only this process; a second one does not wait for it. */
function stopOnInterrupt(completion: Completion): void {
  const end = () => process.exit(130)
  process.once('SIGINT', () => {
    completion.cancel()
    completion.finished.then(end, end)
    process.once('SIGINT', end)
  })
}

/** Shows a completion as it comes; true if it ended well. */
async function shown(completion: Completion, view: ChatView | JsonView): Promise<boolean> {
  try {
    const acknowledged = await completion.acknowledged
    if (acknowledged !== undefined) view.acknowledge(acknowledged)
    let isComplete = false
    for await (const event of completion) {
      view.show(event)
      isComplete = event.type === 'complete'
    }
    return isComplete
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    view.fail(error)
    return false
  }
}

/** The argument, what is piped in, or the one and then the other. */
async function promptFrom(argument: string | undefined): Promise<string> {
  const piped = process.stdin.isTTY ? '' : await readPiped(process.stdin)
  const prompt = [argument ?? '', piped].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt !== '') return prompt
  throw new CommandError('What should be asked? Give a prompt: sluice chat "hello", or pipe one in')
}

function keyOf({ key, keyFile }: Options): string | undefined {
  if (keyFile === undefined) return key
  try {
    return readFileSync(keyFile, 'utf8').trim()
  } catch (error) {
    throw new CommandError(
      `--key-file: cannot read ${keyFile} (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}

/** The URL that was meant: HTTP's schemes stand for the WebSocket's, and this machine needs none. */
function webSocketUrl(text: string): URL {
  const hasScheme = text.includes('://')
  const url = hasScheme ? text.replace(/^http(s?):/i, 'ws$1:') : `ws://${text}`
  if (!URL.canParse(url) || !/^wss?:/i.test(url)) {
    throw new CommandError(
      `--url: ${neutralise(JSON.stringify(text))} is not a ws:// or wss:// URL`,
    )
  }
  const parsed = new URL(url)
  if (!hasScheme && !LOOPBACK.test(parsed.hostname)) {
    throw new CommandError(
      `--url: is it wss://${parsed.host} (TLS) or ws://${parsed.host}? Say which`,
    )
  }
  return parsed
}
