/**
 * What an answer is made of, whichever provider sent it: the one vocabulary of the upstream's formats, the guard, the log
 * and the dialects. A format reads its provider's events into these.
 */

/**
 * The text channels of a choice. Their place in this table is their number in the log.
 * `name` is the guard's word, `field` the one that chat-completion chunks have for it. Reasoning has two fields in the wild;
 * each answer keeps the one that its server chose, because the server wants it back so.
 */
export const TEXT_CHANNELS = [
  { name: 'content', field: 'content' },
  { name: 'reasoning', field: 'reasoning_content' },
  { name: 'reasoning', field: 'reasoning' },
  { name: 'refusal', field: 'refusal' },
] as const

/** Numbers of text channels. */
export const CONTENT = 0
export const REASONING = 1
export const REFUSAL = 3

/** Fields that only some providers have, by their names: any JSON. */
export type Extensions = Readonly<Record<string, unknown>>

/** A part of a tool call. */
export interface ToolCallDelta {
  /** The number of the call within its choice, from 0. */
  index: number
  /** Comes with the first part, if the provider names its calls. */
  id: string | undefined
  /** The name, or a further piece of it. */
  name: string | undefined
  /** JSON as text, or a further piece of it. */
  arguments: string
  extensions: Extensions | undefined
}

/** What names an answer. */
export interface Envelope {
  id?: string | undefined
  /** Seconds since the epoch. */
  created?: number | undefined
  model?: string | undefined
  service_tier?: string | undefined
  system_fingerprint?: string | undefined
}

/** Counts of tokens, and what some providers count besides, with one level of details. */
export type Usage = Readonly<Record<string, number | Readonly<Record<string, number>>>>

/** What came and cannot be shown to a client under a policy, by kind. Its values are never kept. */
export type UnshownKind = 'choice' | 'content_part' | 'event' | 'extension' | 'field'

/** Takes an answer in the order in which it came. What a method throws ends the answer. */
export interface DeltaSink {
  /** All choices have a finish reason: what may follow is usage, or nothing. */
  readonly isFinished: boolean
  /** Holds for what comes after it. */
  envelope(envelope: Envelope): void
  role(choice: number): void
  text(choice: number, channel: number, text: string): void
  toolCall(choice: number, part: ToolCallDelta): void
  /** Fields of a choice's delta, or of the chunk itself without a choice. */
  extensions(fields: Extensions, choice?: number): void
  /** A later reason of the same choice replaces an earlier one. */
  finish(choice: number, reason: string): void
  usage(usage: Usage): void
  unshown(kind: UnshownKind): void
  /** One event is read; `data` is the event as it came. */
  endEvent(data: string): void
  /** The provider says that nothing follows. */
  done(): void
}
