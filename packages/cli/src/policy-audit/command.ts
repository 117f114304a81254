/** `sluice policy audit`: what a policy would do with one's own texts. Reads files and writes nothing. */
import { Command, InvalidArgumentError } from '../commander.ts'
import { policiesOf, policyInUse, readConfiguration } from '../configuration.ts'
import { CommandError } from '../failure.ts'
import { openOptionsOf, type TextOptions, withTextOptions } from '../policy-options.ts'
import { Progress } from './progress.ts'
import { type AuditResult, jsonOf, reportOf } from './report.ts'
import { Tally } from './tally.ts'
import { charactersOf, type ReaderOptions, readerOf, textFiles } from './text-files.ts'
import type { TextReader } from './text-readers.ts'

interface AuditOptions extends TextOptions, ReaderOptions {
  diff?: string
  examples: number
  json?: boolean
}

const MAX_EXAMPLES = 20

export function auditCommand(): Command {
  return withTextOptions(
    new Command('audit').description(
      'counts what a policy would do with your own texts, offline; shows no value and writes nothing',
    ),
  )
    .argument(
      '<path...>',
      'files and folders; .txt, .md and .json are one text each, of others each line',
    )
    .option('--field <path>', 'where the text is in a line of .jsonl: text, messages.content')
    .option('--column <name>', 'which column of .csv and .tsv has the text')
    .option('--lines', 'each line of .txt, .md and .json is a text of its own')
    .option('--diff <policy>', 'what another policy would do differently')
    .option('--examples <n>', 'shapes of what was found, such as NNN-NN-NNNN', exampleCount, 0)
    .option('--json', 'the result as JSON')
    .action(audit)
}

async function audit(paths: readonly string[], options: AuditOptions): Promise<void> {
  const config = readConfiguration(process.env, process.cwd())
  const policyOf = policiesOf(config)
  const tallyOf = (name: string) =>
    new Tally(policyOf(name), { text: openOptionsOf(options), examples: options.examples })
  const result: AuditResult = {
    tally: tallyOf(options.policy ?? policyInUse(config)),
    other: options.diff === undefined ? undefined : tallyOf(options.diff),
    files: 0,
    skipped: [],
    bytes: 0,
    onlyFirst: 0,
    onlyOther: 0,
  }
  const progress = new Progress(process.stderr)
  try {
    for (const path of paths) await auditPath(path, { options, result, progress })
  } finally {
    progress.clear()
  }
  if (result.tally.texts === 0) throw new CommandError(`There is no text in ${paths.join(', ')}`)
  if (options.json === true) process.stdout.write(`${JSON.stringify(jsonOf(result), null, 2)}\n`)
  else for (const line of reportOf(result)) process.stdout.write(`${line}\n`)
}

interface Run {
  readonly options: AuditOptions
  readonly result: AuditResult
  readonly progress: Progress
}

async function auditPath(path: string, run: Run): Promise<void> {
  const { options, result } = run
  for await (const file of textFiles(path)) {
    if (await auditFile(file.path, readerOf(file.path, options), run)) result.files += 1
    else if (file.path === path) {
      throw new CommandError(`${path} is no text in UTF-8: there is a zero byte in it`)
    } else result.skipped.push(file.path)
  }
}

/** False if the file is no text. */
async function auditFile(path: string, reader: TextReader, run: Run): Promise<boolean> {
  const { result, progress } = run
  for await (const characters of charactersOf(path)) {
    if (characters === undefined) return false
    take(reader.feed(characters), result)
    result.bytes += Buffer.byteLength(characters)
    progress.show(result)
  }
  take(reader.end(), result)
  return true
}

function take(pieces: ReturnType<TextReader['feed']>, result: AuditResult): void {
  for (const { text, isLast } of pieces) {
    result.tally.push(text)
    result.other?.push(text)
    if (!isLast) continue
    const isTouched = result.tally.endText()
    if (result.other === undefined) continue
    const isTouchedByOther = result.other.endText()
    if (isTouched && !isTouchedByOther) result.onlyFirst += 1
    if (isTouchedByOther && !isTouched) result.onlyOther += 1
  }
}

function exampleCount(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > MAX_EXAMPLES)
    throw new InvalidArgumentError(`expected a whole number up to ${MAX_EXAMPLES}`)
  return Number(text)
}
