/** What a client asks for, ready to be carried out: plain data. */
import type { Policy } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import type { Client } from '../clients/client.ts'
import type { Model } from '../request/models.ts'
import type { RequestSize } from './memory-budget.ts'

/** What becomes of a completion that nobody follows. */
export interface Lifetime {
  /** How long it goes on after its last subscriber has left; 0: it is cancelled at once. */
  graceMs: number
  /** The end of its last subscriber's connection cancels it at once; who only stops to follow leaves it its grace. */
  endsWithConnection: boolean
  /** How long it can be found after its terminal; 0: not at all. */
  retentionMs: number
  /** Its log is kept from the first entry on, for forms that say a text again at its end. Default false. */
  keepsWhole?: boolean
}

export interface Order {
  request: ChatRequest
  /** Of the message that asked for it: what holding it costs. */
  size: RequestSize
  policy: Policy
  model: Model
  client: Client
  /** The client's own name for the conversation. */
  conversationId: string | undefined
  onOverflow: 'reject' | 'truncate'
  /** The dialect sends chunks: those of the upstream may pass as they came where no policy forbids it. */
  wantsVerbatim: boolean
  lifetime: Lifetime
  /** Orders of one client with the same key are one completion. */
  idempotencyKey: string | undefined
  /** See `FeedHeader`. */
  echo: string | undefined
}

/** What a client asked for, and what its dialect adds. */
export interface CompletionParams {
  request: ChatRequest
  /** Of the message that asked for it. */
  size: RequestSize
  conversationId: string | undefined
  /** Absent: the gateway's setting. */
  onOverflow: 'reject' | 'truncate' | undefined
  wantsVerbatim: boolean
  lifetime: Lifetime
  idempotencyKey?: string | undefined
  /** See `FeedHeader`. */
  echo?: string | undefined
}

/** Makes an order of what was asked for: knows what the client may have, and how the gateway is set up now. */
export interface Admission {
  /** @throws GatewayError that refuses the request */
  order(params: CompletionParams, client: Client): Order
}

/** What a completion may cost, in tokens. */
export interface TokenEstimate {
  promptTokens: number
  /** The longest answer that was asked for; undefined: not said. */
  maxTokens: number | undefined
}

/** What a client may use; the implementation counts. */
export interface Quotas {
  /**
   * Takes one of the client's completions; the result releases it.
   * @throws GatewayError `too_many_completions` or `overloaded`
   */
  acquire(client: Client): Promise<() => void>
  /** Takes a request from the client's minute. @throws GatewayError `rate_limited` */
  admit(client: Client): Promise<void>
  /** Takes nothing. @throws GatewayError `rate_limited` if a request would be refused now */
  check(client: Client): Promise<void>
  /** Takes a request from the client's minute: something that it sent was refused. */
  refused(client: Client): void
  /**
   * Takes what a completion may cost from the client's tokens a minute; the result settles what it did cost.
   * @throws GatewayError `rate_limited`
   */
  reserve(client: Client, estimate: TokenEstimate): Promise<(used: number) => void>
}
