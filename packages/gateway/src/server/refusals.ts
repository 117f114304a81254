/** Whoever is told of what is refused before it begins. */
import type { RequestRefusal } from './origin.ts'

export interface Refusals {
  /** A request was refused for its Host, Origin or path. */
  refusedRequest(refusal: RequestRefusal, address: string): void
  /** A connection or a request was refused for its credential or a quota. */
  refusedConnection(reason: string, address: string): void
}
