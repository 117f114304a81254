/**
 * Dialect 2: many completions on one socket, each with a client-made `id`; they outlive the socket and can be resumed.
 * Spoken on a socket that offers `sluice.v2`. The rules behind the frames are in PROTOCOL.md.
 */
import type { ChatRequest } from './chat-request.ts'
import type { BLOCKED_REASONS } from './dialect-1.ts'
import type { ErrorCode } from './error-codes.ts'

/** Sizes that no setting changes. */
export const DIALECT_2_LIMITS = {
  /** Characters (UTF-16 code units) of `id`, `requestId`, `idempotencyKey`, `conversationId` and `client`. */
  idCharacters: 128,
  /** Ended ids that a connection remembers, so that a late `cancel` or `detach` of one is no fault. */
  endedIds: 64,
} as const

/** client -> server, the first frame if it is sent at all: who asks. */
export interface HelloFrame {
  type: 'hello'
  /** A client key or a token; needed where the upgrade brought no credential and one is asked for. */
  token?: string | undefined
  /** The client's software and version, for the operator's log. */
  client?: string | undefined
}

/** client -> server: asks for a completion. */
export interface InitFrame {
  type: 'init'
  /** The client's name for it on this connection. */
  id: string
  payload: ChatRequest
  /** All requests of one principal with the same key are one completion. */
  idempotencyKey?: string | undefined
  /** What the end of this connection means for the completion. Default `continue`. */
  onDisconnect?: 'continue' | 'cancel' | undefined
  /** What happens to a conversation over the context window. Default: the gateway's setting. */
  onOverflow?: 'reject' | 'truncate' | undefined
  /** The client's own name for the conversation; audited. */
  conversationId?: string | undefined
}

/** client -> server: stops a completion for everybody. Names it by `id` (of this connection) or `requestId` (of any). */
export interface CancelFrame {
  type: 'cancel'
  id?: string | undefined
  requestId?: string | undefined
}

/** client -> server: stops watching; the completion goes on. */
export interface DetachFrame {
  type: 'detach'
  id: string
}

/** client -> server: follows a completion from a position on, under a new `id`. */
export interface ResumeFrame {
  type: 'resume'
  id: string
  requestId: string
  /** The epoch of the position. Default 1. */
  epoch?: number | undefined
  /** The last sequence number that the client has; 0: from the start. */
  after: number
}

/** client -> server: asks for a `pong`, because browsers do not show WebSocket pings. */
export interface PingFrame {
  type: 'ping'
  /** Comes back in the `pong`. */
  t?: number | undefined
}

/** server -> client, the first frame: the client is known. */
export interface WelcomeFrame {
  type: 'welcome'
  connectionId: string
  limits: { completions: number; messageBytes: number }
  heartbeat: { intervalMs: number; timeoutMs: number }
}

/** server -> client: the request is valid, fits the context window, and its prompt passed the guard. */
export interface AckFrame {
  type: 'handshake_ack'
  id: string
  /** The completion's name, on every connection of the principal. */
  requestId: string
  epoch: number
  modelId: string
  /** Tokens of the prompt, with the chat format's overhead. */
  tokenCount: number
  /** Tokens of prompt and answer together; absent if the model's is not known. */
  contextWindow?: number
  /** How many messages were left out to fit the context window; absent if none. */
  dropped?: number
  /** Whether it would survive the end of this node; absent where there is no shared store. */
  durable?: boolean
  /** ISO 8601: until when it can be resumed at the latest. */
  expiresAt: string
}

/** Where a piece of an answer belongs. */
export type Channel = 'content' | 'reasoning' | 'refusal' | 'tool_call'

/** A piece of a tool call. `id` and `name` come once, `arguments` in pieces to be joined. */
export interface ToolCallDelta {
  index: number
  id?: string
  name?: string
  /** A piece of JSON text. */
  arguments?: string
  /** Fields beyond OpenAI's that the next request has to bring back. */
  extra?: Record<string, unknown>
}

/** server -> client: a piece of the answer; one of `text`, `toolCall` and `extra`. */
export interface ChunkFrame {
  type: 'chunk'
  id: string
  /** The last log entry that it covers. */
  seq: number
  /** The first log entry that it covers. Default `seq`. */
  from?: number
  text?: string
  /** Default 0. */
  choice?: number
  /** Default `content`. */
  channel?: Channel
  toolCall?: ToolCallDelta
  extra?: Record<string, unknown>
}

/** Tokens of a completion. */
export interface Usage {
  promptTokens: number
  completionTokens: number
  /** True if the gateway counted, because the upstream did not say. */
  estimated: boolean
}

/** What the guard did to a completion, and how long it took. */
export interface CompletionAudit {
  /** ISO 8601, when the completion ended. */
  timestamp: string
  /** From `init` to the terminal, in milliseconds. */
  latencyMs: number
  /** True if personal data was concealed, in the prompt or in the answer. */
  piiConcealed: boolean
}

/** server -> client, terminal: the completion ended well. */
export interface CompleteFrame {
  type: 'complete'
  id: string
  seq: number
  from?: number
  epoch?: number
  /** One for each choice, in the order of the choices. */
  finishReasons: string[]
  usage: Usage
  audit: CompletionAudit
}

/** server -> client, terminal: the guard stopped the prompt or the answer. */
export interface BlockedFrame {
  type: 'blocked'
  id: string
  seq: number
  from?: number
  epoch?: number
  reason: (typeof BLOCKED_REASONS)[keyof typeof BLOCKED_REASONS]
  direction: 'input' | 'output'
  /** True if text had been delivered to anyone: the client removes what it shows of this completion. */
  retracted: boolean
}

/** server -> client, terminal: the completion was stopped. */
export interface CancelledFrame {
  type: 'cancelled'
  id: string
  seq: number
  from?: number
  epoch?: number
  by: 'client' | 'disconnect' | 'abandoned' | 'operator' | 'deadline'
  usage: Usage
}

/** server -> client: with `seq` the terminal of a completion that failed, without it the refusal of one frame. */
export interface ErrorFrame {
  type: 'error'
  id?: string
  requestId?: string
  seq?: number
  /** With the code `gap`: the oldest sequence number that can still be had. */
  from?: number
  epoch?: number
  code: ErrorCode
  message: string
  /** Whether the same request may succeed later. */
  retryable: boolean
  retryAfterMs?: number
}

/** server -> client: a `resume` was accepted; what comes after the position follows. */
export interface ResumedFrame {
  type: 'resumed'
  id: string
  requestId: string
  epoch: number
  state: 'running' | 'ended'
  /** `after` + 1. */
  from: number
  /** The last sequence number that the gateway has now. */
  top: number
}

/** server -> client: answers a `ping`. */
export interface PongFrame {
  type: 'pong'
  t?: number
}

/** server -> client: the gateway will close this socket; new completions go elsewhere, running ones may end here. */
export interface GoawayFrame {
  type: 'goaway'
  reason: string
  /** When to connect again, in milliseconds from now. */
  reconnectAfterMs: number
  /** How long running completions have, in milliseconds from now. */
  graceMs: number
}

export type Dialect2ClientFrame =
  | HelloFrame
  | InitFrame
  | CancelFrame
  | DetachFrame
  | ResumeFrame
  | PingFrame

/** The frames that end a completion; an `error` is one only if it has a `seq`. */
export type TerminalFrame = CompleteFrame | BlockedFrame | CancelledFrame | ErrorFrame

export type Dialect2ServerFrame =
  | WelcomeFrame
  | AckFrame
  | ChunkFrame
  | TerminalFrame
  | ResumedFrame
  | PongFrame
  | GoawayFrame
