/**
 * One choice of an answer that detectors look at. Its texts wait in segments until they are judged, and what follows them
 * waits in line behind them; then all goes into the guard in the order in which it came.
 *
 *   text --segment ends--> in line --judged, and first in line--> guard
 */
import type { Channel, Detection, Policy, Span } from '@sluice/guard'
import { Segmenter } from '@sluice/guard'
import { type Extensions, TEXT_CHANNELS, type ToolCallDelta } from '../deltas.ts'
import { judge } from '../detectors/judge.ts'
import { plainTextOf } from '../request/plain-text.ts'
import type { GuardedChoice } from './guarded-choice.ts'

export interface JudgedChoiceOptions {
  policy: Policy
  /** Whose answer it is. */
  scope?: string
  signal: AbortSignal
  /** Told the name of each detector that could not judge a segment that passes all the same. */
  onUnjudged: (detector: string) => void
  /** Something that waited has gone on. */
  onJudged: () => void
  /** What waits cannot go on, and nothing after it. */
  onFailure: (error: unknown) => void
}

/** Segments of one choice that are judged at once: one answer does not fill a detector's queue. */
const MAX_AT_ONCE = 4

/** A text that detectors look at, or not. */
interface Speech {
  readonly segmenter: Segmenter
  readonly detection: Detection | undefined
  /** Puts what has been judged into the guard; spans are at offsets of the whole text. */
  readonly take: (segment: string, spans: readonly Span[]) => void
  isJson: boolean | undefined
  /** Characters that the guard has of it. */
  taken: number
}

interface Step {
  readonly characters: number
  /** Asks the detectors; undefined if there is nothing to ask. */
  readonly ask: (() => Promise<readonly Span[]>) | undefined
  asked: Promise<readonly Span[]> | undefined
  readonly run: (spans: readonly Span[]) => void
}

const NO_SPANS: readonly Span[] = []

export class JudgedChoice {
  /** Characters that wait in line. */
  waiting = 0
  readonly #guarded: GuardedChoice
  readonly #options: JudgedChoiceOptions
  readonly #texts = new Map<number, Speech>()
  readonly #calls = new Map<number, Speech>()
  /** What came last; its next characters belong to the same segment. */
  #speaking: Speech | undefined
  #line: Step[] = []
  #working: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(guarded: GuardedChoice, options: JudgedChoiceOptions) {
    this.#guarded = guarded
    this.#options = options
  }

  /** Characters that are held back now. */
  get held(): number {
    return this.#guarded.held + this.waiting + (this.#speaking?.segmenter.held ?? 0)
  }

  text(channel: number, text: string): void {
    const speech = this.#textOf(channel)
    if (text === '') return
    this.#turnTo(speech)
    this.#push(speech, text)
  }

  toolCall(part: ToolCallDelta): void {
    const speech = this.#callOf(part.index)
    this.#turnTo(speech)
    const { arguments: text, ...head } = part
    if (head.id !== undefined || head.name !== undefined || head.extensions !== undefined) {
      const run = () => this.#guarded.toolCall({ ...head, arguments: '' })
      this.#enqueue({ characters: 0, run })
    }
    this.#push(speech, text)
  }

  extensions(fields: Extensions): void {
    this.#guarded.extensions(fields)
  }

  /** Ends all texts, and waits until what is in line has gone on. Rejects with what stops it. */
  async settled(): Promise<void> {
    this.#turnTo(undefined)
    await this.#working
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Passes on what the guard holds; only once all has settled. */
  release(): void {
    this.#guarded.release()
  }

  #turnTo(next: Speech | undefined): void {
    const before = this.#speaking
    this.#speaking = next
    if (before === undefined || before === next) return
    this.#segment(before, before.segmenter.end())
  }

  #push(speech: Speech, text: string): void {
    if (speech.detection === undefined) this.#segment(speech, text)
    else for (const segment of speech.segmenter.push(text)) this.#segment(speech, segment)
  }

  #segment(speech: Speech, text: string): void {
    if (text === '') return
    speech.isJson ??= /^\s*[{[]/.test(text)
    const { detection, isJson } = speech
    const ask = detection !== undefined && /[\p{L}\p{N}]/u.test(text)
    this.#enqueue({
      characters: text.length,
      ask: ask ? () => this.#judged(detection, text, isJson) : undefined,
      run: (spans) => {
        const from = speech.taken
        speech.taken += text.length
        speech.take(
          text,
          spans.map((span) => ({ ...span, start: span.start + from, end: span.end + from })),
        )
      },
    })
  }

  async #judged(detection: Detection, text: string, isJson: boolean): Promise<readonly Span[]> {
    const plain = plainTextOf(text, isJson)
    return plain.written(await judge(detection, plain.text, this.#options))
  }

  #enqueue({ ask, ...step }: Omit<Step, 'ask' | 'asked'> & Partial<Pick<Step, 'ask'>>): void {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#line.length === 0 && ask === undefined) {
      step.run(NO_SPANS)
      return
    }
    this.#line.push({ ...step, ask, asked: undefined })
    this.waiting += step.characters
    this.#askFirst()
    this.#working ??= this.#work()
  }

  /** Has the detectors begin with the first segments in line. */
  #askFirst(): void {
    let open = 0
    for (const step of this.#line) {
      if (step.ask === undefined) continue
      open += 1
      if (open > MAX_AT_ONCE) return
      if (step.asked !== undefined) continue
      step.asked = step.ask()
      // Whoever waits for it comes to it later.
      step.asked.catch(() => {})
    }
  }

  async #work(): Promise<void> {
    try {
      for (let step = this.#line[0]; step !== undefined; step = this.#line[0]) {
        const spans = (await step.asked) ?? NO_SPANS
        this.#options.signal.throwIfAborted()
        this.#line.shift()
        this.waiting -= step.characters
        this.#askFirst()
        step.run(spans)
        this.#options.onJudged()
      }
    } catch (error) {
      this.#failure = { error }
      this.#line = []
      this.waiting = 0
      this.#options.onFailure(error)
    } finally {
      this.#working = undefined
    }
  }

  #textOf(channel: number): Speech {
    const name = TEXT_CHANNELS[channel]?.name ?? 'content'
    return this.#speechOf(this.#texts, channel, {
      channel: name,
      take: (text, spans) => this.#guarded.text(channel, text, spans),
    })
  }

  #callOf(index: number): Speech {
    const nothing = { index, id: undefined, name: undefined, extensions: undefined }
    return this.#speechOf(this.#calls, index, {
      channel: 'tool_arguments',
      take: (text, spans) => this.#guarded.toolCall({ ...nothing, arguments: text }, spans),
    })
  }

  #speechOf(
    known: Map<number, Speech>,
    key: number,
    { channel, take }: { channel: Channel; take: Speech['take'] },
  ): Speech {
    let speech = known.get(key)
    if (speech === undefined) {
      const detection = this.#options.policy.detection({ direction: 'output', channel })
      const isJson = channel === 'tool_arguments' ? true : undefined
      speech = { segmenter: new Segmenter(), detection, take, isJson, taken: 0 }
      known.set(key, speech)
    }
    return speech
  }
}
