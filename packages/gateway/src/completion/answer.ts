/**
 * The way of an answer: its deltas in, the guard between, entries of the log out. Knows neither the provider nor who
 * watches; what it throws ends the stream.
 */
import type { StreamResult } from '@sluice/guard'
import type {
  DeltaSink,
  Envelope,
  Extensions,
  ToolCallDelta,
  UnshownKind,
  Usage,
} from '../deltas.ts'
import { GatewayError } from '../errors.ts'
import { Blocked, blockCategory } from '../request/prepare.ts'
import { GuardedChoice, type GuardedChoiceOptions } from './guarded-choice.ts'
import { GuardedExtensions } from './guarded-extensions.ts'
import { JudgedChoice, type JudgedChoiceOptions } from './judged-choice.ts'
import { EntryKind, tagOf } from './log.ts'
import { passesWhole } from './passes-whole.ts'
import type { TokenMeter } from './token-meter.ts'

export interface AnswerOptions extends Omit<GuardedChoiceOptions, 'onRefusedExtension'> {
  /** Chunks pass as they came, unknown fields included: only without a policy, and only for a dialect that sends chunks. */
  verbatim: boolean
  /** How many choices the request asked for. */
  choices: number
  /** The longest answer, in characters of text over all channels. */
  maxCharacters: number
  meter: TokenMeter
  /** How detectors look at the answer, if the policy has them do so. */
  judging: Omit<JudgedChoiceOptions, 'policy'>
  /** Called when all deltas of one read of the connection were taken: the moment to deliver. */
  onRead: () => void
}

const CHANNELS = ['content', 'reasoning', 'refusal', 'tool_arguments'] as const
/** Of an answer that waits for detectors: above it the upstream is paused. */
const MAX_WAITING_CHARACTERS = 8_192
const VERBATIM = tagOf({ kind: EntryKind.verbatim, channel: 0, choice: 0 })
/** Events that bring no text: an upstream that sends nothing else is not let go on for ever. */
const MAX_SILENT_EVENTS = 10_000
/** OpenAI's finish reasons; another one is told to the client if the guard lets it, and counted as `other`. */
const FINISH_REASONS = new Set(['stop', 'length', 'tool_calls', 'content_filter'])
const OTHER_REASON = 'other'
/** Keys of usage that need no guard. */
const USAGE_KEYS = new Set([
  ...['prompt_tokens', 'completion_tokens', 'total_tokens'],
  ...['prompt_tokens_details', 'completion_tokens_details', 'cached_tokens', 'audio_tokens'],
  ...['reasoning_tokens', 'accepted_prediction_tokens', 'rejected_prediction_tokens'],
])

export class Answer implements DeltaSink {
  isFinished = false
  promptTokens: number | undefined
  completionTokens: number | undefined
  /** What came and was not shown, by kind. */
  readonly unshownCounts = new Map<UnshownKind, number>()

  readonly onRead: () => void
  readonly #options: AnswerOptions
  readonly #choices = new Map<number, GuardedChoice | JudgedChoice>()
  readonly #isJudged: boolean
  /** The last finish reason of each choice: it goes out at the end, because text may follow it. */
  readonly #finishes = new Map<number, string>()
  /** The choices that called a tool. */
  readonly #callers = new Set<number>()
  /** Undefined until there are any: hardly an upstream has them. */
  #chunkExtensions: GuardedExtensions | undefined
  #usage: Usage | undefined
  /** The usage came in the chunk of a finish reason. */
  #isUsageBesideFinish = false
  #isFinishNew = false
  #isDone = false
  #countedCharacters = 0
  #silentEvents = 0

  constructor(options: AnswerOptions) {
    this.#options = options
    this.onRead = options.onRead
    this.#isJudged = CHANNELS.some(
      (channel) => options.policy.detection({ direction: 'output', channel }) !== undefined,
    )
  }

  /** Characters that the guard holds back now. */
  get held(): number {
    let held = 0
    for (const choice of this.#choices.values()) held += choice.held
    return held
  }

  /** More waits for detectors than should: the upstream is to be asked for no more. */
  get isBehind(): boolean {
    if (!this.#isJudged) return false
    let waiting = 0
    for (const choice of this.#choices.values())
      if (choice instanceof JudgedChoice) waiting += choice.waiting
    return waiting > MAX_WAITING_CHARACTERS
  }

  /** For reports: of a closed list, in the order of the choices. */
  get finishReasons(): readonly string[] {
    return [...this.#finishes]
      .sort(([one], [other]) => one - other)
      .map(([choice]) => this.#reasonOf(choice))
      .map((reason) => (FINISH_REASONS.has(reason) ? reason : OTHER_REASON))
  }

  passes(text: string): boolean {
    return passesWhole(text, this.#options.policy)
  }

  envelope(envelope: Envelope): void {
    const safe: Record<string, unknown> = { id: undefined, object: 'chat.completion.chunk' }
    for (const [field, value] of Object.entries(envelope)) {
      if (typeof value === 'number' || (value !== undefined && this.passes(value)))
        safe[field] = value
    }
    this.#append(EntryKind.envelope, 0, JSON.stringify(safe).slice(1, -1))
  }

  role(choice: number): void {
    this.#choice(choice)
    this.#append(EntryKind.role, choice, '"assistant"')
  }

  text(choice: number, channel: number, text: string): void {
    this.isFinished = false
    this.#count(text)
    const guarded = this.#choice(choice)
    if (!this.#options.verbatim) guarded.text(channel, text)
  }

  toolCall(choice: number, part: ToolCallDelta): void {
    this.isFinished = false
    this.#count(part.arguments)
    const guarded = this.#choice(choice)
    if (this.#options.verbatim) return
    if (part.name !== undefined) this.#callers.add(choice)
    guarded.toolCall(part)
  }

  extensions(fields: Extensions, choice?: number): void {
    // Providers repeat in them what they say elsewhere, so they are bounded but not counted as tokens.
    this.#count('', JSON.stringify(fields).length)
    if (this.#options.verbatim) return
    if (choice !== undefined) {
      this.#choice(choice).extensions(fields)
      return
    }
    this.#chunkExtensions ??= new GuardedExtensions({
      policy: this.#options.policy,
      note: (result) => this.#note(result),
      onRefused: () => this.unshown('extension'),
    })
    const passed = this.#chunkExtensions.pass(fields)
    if (passed !== undefined) this.#append(EntryKind.chunkExtension, 0, JSON.stringify(passed))
  }

  finish(choice: number, reason: string): void {
    this.#choice(choice)
    const isKnown = FINISH_REASONS.has(reason) || this.passes(reason)
    this.#finishes.set(choice, isKnown ? reason : OTHER_REASON)
    this.#isFinishNew = true
    this.isFinished = this.#finishes.size >= this.#options.choices
  }

  usage(usage: Usage): void {
    const { prompt_tokens: prompt, completion_tokens: completion } = usage
    // Servers that do not count say zero, and some do so before they begin.
    const isEmpty = this.#finishes.size > 0 && this.#options.meter.characters === 0
    if (typeof prompt === 'number' && prompt > 0) this.promptTokens = Math.round(prompt)
    if (completion === 0 && !isEmpty) return
    if (typeof completion === 'number') {
      this.completionTokens = Math.round(completion)
      this.#options.meter.stop()
    }
    if (this.#finishes.size === 0) {
      this.#appendUsage(usage)
      return
    }
    this.#usage = usage
    this.#isUsageBesideFinish = this.#isFinishNew
  }

  unshown(kind: UnshownKind): void {
    if (this.#options.verbatim) return
    this.unshownCounts.set(kind, (this.unshownCounts.get(kind) ?? 0) + 1)
  }

  endEvent(data: string): void {
    const { meter, log, verbatim } = this.#options
    this.#isFinishNew = false
    if (verbatim) log.append(VERBATIM, data)
    log.endChunk()
    if (meter.characters !== this.#countedCharacters) this.#countedCharacters = meter.characters
    else this.#countSilence()
  }

  done(): void {
    this.#isDone = true
  }

  /**
   * Waits until detectors have judged all that came, and it has gone on.
   * @throws what stops it: a block, or a detector's failure
   */
  async settled(): Promise<void> {
    for (const choice of this.#choices.values())
      if (choice instanceof JudgedChoice) await choice.settled()
  }

  /** Passes on what the guard holds: nothing more will come to judge it by. */
  release(): void {
    for (const choice of this.#choices.values()) choice.release()
    for (const rest of this.#chunkExtensions?.release() ?? []) {
      this.#options.log.endChunk()
      this.#append(EntryKind.chunkExtension, 0, JSON.stringify(rest))
    }
    this.#options.log.endChunk()
  }

  /**
   * Tells that the upstream's stream ended cleanly: what was held goes out, then the finish reasons, then usage.
   * @throws GatewayError if the answer is not whole, or says nothing that can be shown
   */
  end(): void {
    this.release()
    if (this.#hasOnly('event') && this.#choices.size === 0)
      throw invalid('consists of events that are no chunks')
    const isWhole =
      this.#isDone || (this.#choices.size > 0 && this.#finishes.size >= this.#choices.size)
    if (!isWhole) {
      throw new GatewayError(
        'stream_interrupted',
        'the upstream ended its stream before the answer was finished',
      )
    }
    if (this.#hasOnly('content_part'))
      throw invalid('consists of content parts that cannot be shown')
    this.#appendEnd()
  }

  #hasOnly(kind: UnshownKind): boolean {
    return (this.unshownCounts.get(kind) ?? 0) > 0 && this.#options.meter.characters === 0
  }

  /** What the guard says of a field of the chunk itself. */
  #note({ findings, blocked }: StreamResult): void {
    if (findings.length > 0) this.#options.onFindings(findings)
    if (blocked !== undefined) throw new Blocked('output', blockCategory(blocked))
  }

  #appendEnd(): void {
    const { log } = this.#options
    for (const choice of this.#finishes.keys()) {
      log.endChunk()
      this.#append(EntryKind.finish, choice, JSON.stringify(this.#reasonOf(choice)))
    }
    if (this.#usage === undefined) return
    if (!this.#isUsageBesideFinish) log.endChunk()
    this.#appendUsage(this.#usage)
  }

  /**
   * The last reason of a choice. Who called a tool and then says `stop` means `tool_calls`: many servers mix the two up
   * (vLLM and OpenAI say so where a function was forced), and many loops of agents look at the reason alone. LiteLLM changes
   * the same one reason and no other: a call that was cut or filtered is not to be run.
   */
  #reasonOf(choice: number): string {
    const reason = this.#finishes.get(choice) ?? OTHER_REASON
    return reason === 'stop' && this.#callers.has(choice) ? 'tool_calls' : reason
  }

  #appendUsage(usage: Usage): void {
    const safe = Object.entries(usage).filter(
      ([key, value]) =>
        this.#isUsageKey(key) &&
        (typeof value === 'number' || Object.keys(value).every((inner) => this.#isUsageKey(inner))),
    )
    this.#append(EntryKind.usage, 0, JSON.stringify(Object.fromEntries(safe)))
  }

  #isUsageKey(key: string): boolean {
    return USAGE_KEYS.has(key) || this.passes(key)
  }

  #count(text: string, more = 0): void {
    const { meter, maxCharacters } = this.#options
    meter.push(text)
    if (more > 0) meter.characters += more
    if (meter.characters <= maxCharacters) return
    const message = `the answer is longer than ${maxCharacters} characters`
    const detail = 'SLUICE_MAX_ANSWER_CHARACTERS'
    throw new GatewayError('stream_interrupted', message, { detail })
  }

  #countSilence(): void {
    this.#silentEvents += 1
    if (this.#silentEvents <= MAX_SILENT_EVENTS) return
    throw invalid(`has more than ${MAX_SILENT_EVENTS} events without text`)
  }

  #choice(index: number): GuardedChoice | JudgedChoice {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      const guarded = new GuardedChoice(index, {
        ...this.#options,
        onRefusedExtension: () => this.unshown('extension'),
      })
      choice = this.#isJudged ? this.#judged(guarded) : guarded
      this.#choices.set(index, choice)
    }
    return choice
  }

  #judged(guarded: GuardedChoice): JudgedChoice {
    const { policy, judging, log } = this.#options
    const onJudged = () => {
      log.endChunk()
      judging.onJudged()
    }
    return new JudgedChoice(guarded, { ...judging, policy, onJudged })
  }

  #append(kind: EntryKind, choice: number, json: string): void {
    if (this.#options.verbatim) return
    this.#options.log.append(tagOf({ kind, channel: 0, choice }), json)
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `the upstream's answer ${what}`)
}
