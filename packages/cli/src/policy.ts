/** `sluice policy`: what the guard's policies are, and what one would do with a text. How one does on many is policy-audit's. */

import { randomBytes } from 'node:crypto'
import {
  type Detection,
  type Direction,
  type Finding,
  MAX_SEGMENT_LENGTH,
  type OpenOptions,
  POLICY_NAMES,
  type Policy,
  type PseudonymCounts,
  Pseudonyms,
  type Span,
  type StreamResult,
} from '@sluice/guard'
import { Command } from './commander.ts'
import { policiesOf, policyInUse, readConfiguration } from './configuration.ts'
import { CommandError } from './failure.ts'
import { judgedPieces } from './judged-pieces.ts'
import { readPiped } from './piped.ts'
import { auditCommand } from './policy-audit/command.ts'
import {
  CHANNELS,
  openOptionsOf,
  type TextOptions,
  wholeNumber,
  withTextOptions,
} from './policy-options.ts'
import { neutralise, paint } from './terminal.ts'

interface TestOptions extends TextOptions {
  delta: number
  json?: boolean
  roundTrip?: boolean
}

export function policyCommand(): Command {
  const policy = new Command('policy').description(
    "the guard's policies: list, show, check, test one on a text, audit one's own texts",
  )
  policy.addCommand(
    new Command('list').description('built-in policies and those of sluice.yaml').action(list),
  )
  policy.addCommand(
    new Command('check').description('compiles every policy of sluice.yaml').action(check),
  )
  policy.addCommand(
    new Command('show')
      .description('the rules of a policy as JSON, without its terms and patterns')
      .argument('<name>')
      .action(show),
  )
  policy.addCommand(
    withTextOptions(
      new Command('test').description(
        'marks what a policy finds in a text, and shows what would be sent and held back',
      ),
    )
      .argument('[text]', 'read from standard input if it is piped')
      .option('--delta <n>', 'characters of one delta', wholeNumber, 4)
      .option('--round-trip', 'takes the text for a request, and what is sent of it for the answer')
      .option('--json', 'the result as JSON')
      .action(test),
  )
  policy.addCommand(auditCommand())
  return policy
}

function list(): void {
  const config = readConfiguration(process.env, process.cwd())
  const { policies } = config.loaded.file
  const policyOf = policiesOf(config)
  for (const name of [...POLICY_NAMES, ...Object.keys(policies)]) {
    const inUse = name === policyInUse(config) ? paint('green', '  in use', process.stdout) : ''
    process.stdout.write(`${name.padEnd(16)} ${policyOf(name).hash}${inUse}\n`)
  }
}

function show(name: string): void {
  const config = readConfiguration(process.env, process.cwd())
  const policy = policiesOf(config)(name)
  const { hash, rules, detectors } = policy
  const shown = { name, hash, detectors, ...detected(policy), rules }
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
}

/** Which texts detectors look at, and what that costs an answer. */
function detected(policy: Policy) {
  const channelsOf = (direction: Direction) =>
    CHANNELS.filter((channel) => policy.detection({ direction, channel }) !== undefined)
  const [requests, answers] = [channelsOf('input'), channelsOf('output')]
  if (requests.length + answers.length === 0) return {}
  const wait = `for the end of a sentence or line, ${MAX_SEGMENT_LENGTH} characters at most, and for its detectors`
  return { detected: { requests, answers, ...(answers.length > 0 && { answersWait: wait }) } }
}

function check(): void {
  const config = readConfiguration(process.env, process.cwd())
  const { loaded } = config
  const policyOf = policiesOf(config)
  const names = Object.keys(loaded.file.policies)
  for (const name of names) policyOf(name)
  const none =
    loaded.path === undefined ? 'there is no sluice.yaml here' : `${loaded.path} has none`
  const result = names.length === 0 ? `no policies to check: ${none}` : `valid: ${names.join(', ')}`
  process.stdout.write(`${paint('green', result, process.stdout)}\n`)
}

async function test(argument: string | undefined, options: TestOptions): Promise<void> {
  const text = argument ?? (process.stdin.isTTY ? undefined : await readPiped(process.stdin))
  if (text === undefined || text === '')
    throw new CommandError('What should be tested? Give a text, or pipe one in')
  const config = readConfiguration(process.env, process.cwd())
  const policy = policiesOf(config)(options.policy ?? policyInUse(config))
  const result = await tested(policy, text, options)
  if (options.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else for (const line of report(text, policy, result)) process.stdout.write(`${line}\n`)
}

/** What the policy makes of a text and, for a round trip, of an answer that repeats what was sent. */
async function tested(policy: Policy, text: string, options: TestOptions): Promise<TestedText> {
  const { delta, channel, roundTrip } = options
  const asked = openOptionsOf(roundTrip === true ? { ...options, direction: 'input' } : options)
  const pseudonyms = policy.pseudonyms && new Pseudonyms({ key: randomBytes(32), scope: '' })
  const where = asked.direction === 'input' ? { ...asked, pseudonyms } : asked
  const streamed = await stream(policy, text, { delta, where, detection: policy.detection(where) })
  if (roundTrip !== true) return streamed
  if (pseudonyms === undefined)
    throw new CommandError(`Policy ${policy.name} makes no stand-ins, so nothing would come back`)
  const answer = { channel, direction: 'output', pseudonyms } as const
  const again = { delta, where: answer, detection: policy.detection(answer) }
  const { sent: back, held } = await stream(policy, streamed.sent, again)
  return { ...streamed, held, back, standIns: pseudonyms.counts }
}

interface StreamedText {
  sent: string
  findings: Finding[]
  blockedBy: string | undefined
  /** Characters held after each delta. */
  held: number[]
  /** What detectors found; undefined if none was asked. */
  spans: Span[] | undefined
  /** The detectors that could not judge a text. */
  unjudged: string[]
}

interface TestedText extends StreamedText {
  /** What comes back of what was sent; `held` is then about that. */
  back?: string
  standIns?: PseudonymCounts
}

interface StreamOptions {
  delta: number
  where: OpenOptions
  detection: Detection | undefined
}

async function stream(
  policy: Policy,
  text: string,
  { delta, where, detection }: StreamOptions,
): Promise<StreamedText> {
  const guard = policy.open(where)
  const streamed: StreamedText = {
    ...{ sent: '', findings: [], blockedBy: undefined, held: [] },
    ...{ spans: detection && [], unjudged: [] },
  }
  const take = (result: StreamResult, waiting: number) => {
    streamed.sent += result.text
    streamed.findings.push(...result.findings)
    streamed.blockedBy ??= result.blocked?.ruleId
    streamed.held.push(result.held + waiting)
  }
  const onUnjudged = (name: string) => streamed.unjudged.push(name)
  const options = { delta, detection, direction: where.direction, onUnjudged }
  for await (const { piece, spans, waiting } of judgedPieces(text, options)) {
    streamed.spans?.push(...spans)
    take(guard.push(piece, spans), waiting)
  }
  take(guard.end(), 0)
  return streamed
}

function* report(
  text: string,
  policy: Policy,
  { sent, findings, blockedBy, held, spans, unjudged, back, standIns }: TestedText,
): Generator<string> {
  yield `policy  ${policy.name} (${policy.hash})`
  yield `found   ${marked(text, findings)}`
  for (const { entity, start, end, action, score, ruleId } of findings) {
    yield `        ${entity} at ${start}-${end}, score ${Number(score.toFixed(2))}, ${action} by rule ${neutralise(ruleId)}`
  }
  for (const { entity, start, end, score } of spans ?? [])
    yield `detected ${neutralise(entity)} at ${start}-${end}, score ${Number(score.toFixed(2))}`
  for (const name of unjudged)
    yield paint('red', `detector ${neutralise(name)} could not judge the text`, process.stdout)
  yield `sent    ${neutralise(sent)}`
  if (back !== undefined && standIns !== undefined) {
    const { replaced, restored, keptInLinks } = standIns
    yield `back    ${neutralise(back)}`
    yield `        ${replaced} replaced, ${restored} restored, ${keptInLinks} kept in links`
  }
  if (blockedBy !== undefined)
    yield paint('red', `blocked by rule ${neutralise(blockedBy)}`, process.stdout)
  const sum = held.reduce((total, value) => total + value, 0)
  const most = held.reduce((known, value) => Math.max(known, value), 0)
  yield `held    mean ${(sum / held.length).toFixed(1)}, at most ${most} characters, after each of ${held.length} deltas`
}

/** The text with its findings in colour, or in brackets where there is none. */
function marked(text: string, findings: readonly Finding[]): string {
  let shown = ''
  let position = 0
  for (const { start, end } of [...findings].sort((a, b) => a.start - b.start)) {
    if (end <= position) continue
    const from = Math.max(start, position)
    const span = neutralise(text.slice(from, end))
    const isColoured = paint('red', '', process.stdout) !== ''
    shown +=
      neutralise(text.slice(position, from)) +
      (isColoured ? paint('red', span, process.stdout) : `[${span}]`)
    position = end
  }
  return shown + neutralise(text.slice(position))
}
