/**
 * A format: how one kind of provider takes a request and answers it. A folder beside `openai/` holds one; what it reads
 * are the deltas of deltas.ts, so nothing outside knows which provider answered.
 */
import type { ChatRequest } from '@sluice/protocol'
import type { DeltaSink } from '../../deltas.ts'
import type { ModelParameters } from '../target.ts'

export interface EncodeOptions {
  parameters: ModelParameters
  /** Whether to ask for usage. */
  includeUsage: boolean
}

export interface ReaderOptions {
  sink: DeltaSink
  /** How many choices the request asked for. */
  choices: number
  /** Names of fields that pass besides the ones that the format knows. */
  extensionFields: readonly string[]
}

/** What an event was: part of the answer, its end, or nothing (a keep-alive). */
export type EventKind = 'chunk' | 'done' | 'ignored'

/** Reads one answer; keeps what it learns of it. */
export interface AnswerReader {
  /**
   * Reads one event into the sink.
   * @throws GatewayError `upstream_invalid_stream`, or what an error of the provider means
   */
  read(data: string, event: string): EventKind
}

/** What a provider says of a failure: words of a closed form, never the message itself. */
export interface ProviderError {
  /** The HTTP status that it names. */
  status: number | undefined
  /** Its codes and types, the most exact one first. */
  words: readonly string[]
  /** The code that its message stands for, if that is of a form that is known. */
  said: string | undefined
}

export interface ChatFormat {
  /** The request as a body. Its messages are the guarded and fitted ones, never the client's own. */
  encode(request: ChatRequest, options: EncodeOptions): string
  /** Where an answer begins. Each attempt has its own reader. */
  reader(options: ReaderOptions): AnswerReader
  /** Whether the data of a last event, which no blank line ended, is all there. */
  isComplete(data: string): boolean
  /**
   * The data of one event that says what a whole answer, not streamed, says.
   * @throws GatewayError `upstream_invalid_stream` if it is none
   */
  eventOf(wholeAnswer: string): string
  /** What the body of a refused request says; undefined if it says nothing that is known. */
  errorOf(body: string): ProviderError | undefined
}
