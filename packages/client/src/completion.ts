/** A completion as a program sees it: what it can be asked for, and the events that it consists of. */
import type { Channel, ToolCallDelta } from '@sluice/protocol'
import type { Acknowledged, Ending } from './server-frame.ts'

/** How far a completion has been read; with it and the request id another client goes on from there. */
export interface Position {
  epoch: number
  /** The sequence number of the last entry; 0: nothing yet. */
  seq: number
}

/** A piece of text of one channel of one choice. */
export interface TextEvent {
  type: 'text'
  text: string
  choice: number
  channel: Channel
  /** The last entry of the completion's log that it covers. */
  seq: number
}

export interface ToolCallEvent {
  type: 'tool_call'
  choice: number
  toolCall: ToolCallDelta
  seq: number
}

/** Extension fields of the upstream, which a request that continues a tool loop brings back. */
export interface ExtraEvent {
  type: 'extra'
  choice: number
  extra: Record<string, unknown>
  seq: number
}

/**
 * What a completion consists of. The last event is `complete`, `blocked` or `cancelled`. After `blocked` with `retracted`
 * whoever shows the text removes all of it.
 */
export type CompletionEvent = TextEvent | ToolCallEvent | ExtraEvent | Ending

/**
 * A running completion: iterate over its events, once. Iterating ends after the last event, and throws a SluiceError where
 * the completion failed, or the reason of an aborted signal. Leaving the loop early stops the model; of an attached
 * completion it only stops the watching.
 */
export interface Completion extends AsyncIterable<CompletionEvent> {
  /** The completion's name at the gateway; undefined until it is acknowledged. */
  readonly requestId: string | undefined
  /** The position after the last event that was read. */
  readonly position: Position
  /** Resolves when the gateway has taken the request; rejects if it never does. An attached one is not acknowledged again: it resolves with undefined. */
  readonly acknowledged: Promise<Acknowledged | undefined>
  /** Resolves with the last event, when it has come in; rejects where iterating throws. */
  readonly finished: Promise<Ending>
  /** Reads to the end: the text of the first choice. Rejects unless the completion is complete. */
  text(): Promise<string>
  /** Stops the model, for everybody who watches. The completion ends with what the gateway says: mostly `cancelled`. */
  cancel(): void
  /** Stops watching, and the iteration; the model goes on. */
  detach(): void
}
