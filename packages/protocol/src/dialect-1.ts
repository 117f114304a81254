/**
 * Dialect 1: the messages of the tutorial's clients, one completion at a time. Spoken on a socket that offers no
 * subprotocol, or `sluice.v1`.
 */
import type { ChatRequest } from './chat-request.ts'
import type { ErrorCode } from './error-codes.ts'

/** client -> server: asks for a completion. */
export interface InitMessage {
  type: 'init'
  payload: ChatRequest
  /** What happens to a conversation over the context window. Default `reject`, or the gateway's setting. */
  onOverflow?: 'reject' | 'truncate' | undefined
  /** The client's own name for the conversation; audited, at most 128 characters. */
  conversationId?: string | undefined
}

/** server -> client: the request is valid, fits the context window, and its prompt passed the guard. */
export interface AckMessage {
  type: 'handshake_ack'
  /** Tokens of the prompt, with the chat format's overhead. */
  tokenCount: number
  modelId: string
  /** How many messages were left out to fit the context window; absent if none. */
  dropped?: number
}

/** server -> client: a piece of the answer; `data` is a chat-completion chunk object. */
export interface ChunkMessage {
  type: 'chunk'
  data: Record<string, unknown>
}

/** The record that closes a completion. `ppiFiltered` is spelled as the tutorial spells it. */
export interface AuditLog {
  requestId: string
  modelId: string
  /** ISO 8601, when the completion ended. */
  timestamp: string
  status: 'success' | 'failed' | 'blocked'
  /** Tokens of the answer. */
  tokenCount: number
  /** From `init` to the terminal, in milliseconds. */
  latencyMs: number
  /** True if personal data was found and concealed or blocked. */
  ppiFiltered: boolean
  /** False if a safety rule blocked the completion. */
  safetyPassed: boolean
}

/** server -> client: the terminal of a completion that ended well. */
export interface CompleteMessage {
  type: 'complete'
  auditLog: AuditLog
}

/** server -> client: the terminal of a completion that the guard stopped. */
export interface BlockedMessage {
  type: 'blocked'
  reason: (typeof BLOCKED_REASONS)[keyof typeof BLOCKED_REASONS]
  /** The reason for programs. */
  category: keyof typeof BLOCKED_REASONS
  /** Whether it was the prompt or the answer. */
  direction: 'input' | 'output'
}

/** server -> client: the terminal of a completion that failed, or the refusal of one frame. */
export interface ErrorMessage {
  type: 'error'
  message: string
  /** The message for programs; `cancelled` for a completion that somebody ended. */
  code: ErrorCode | 'cancelled'
  /** Of the completion that failed, for the operator's log; absent for the refusal of a frame. */
  requestId?: string
}

export type Dialect1ClientMessage = InitMessage
export type Dialect1ServerMessage =
  | AckMessage
  | ChunkMessage
  | CompleteMessage
  | BlockedMessage
  | ErrorMessage

/** Why a completion was blocked, in the tutorial's words. */
export const BLOCKED_REASONS = {
  pii: 'PII detected',
  safety: 'Safety guardrail violation',
} as const

/** How an error's text begins, in the tutorial's words; a readable detail may follow. */
export const ERROR_TEXTS = {
  invalidType: 'Invalid handshake type',
  invalidSchema: 'Schema validation failed',
  contextWindow: 'Context window exceeded',
  credentials: 'OAuth credentials are invalid or expired',
  initiation: 'Stream initiation failed after retries',
} as const
