/** Where the upstream is and how to speak to it: what the profiles make of the configuration. */
import type { ChatFormat } from './formats/format.ts'

/** How a request proves who asks. */
export type UpstreamAuthentication =
  | { kind: 'none' }
  | { kind: 'key'; key: string }
  | {
      kind: 'oauth'
      tokenUrl: string
      clientId: string
      clientSecret: string
      /** RFC 6749 section 2.3.1: credentials in the form body, or as HTTP Basic. */
      clientAuthentication: 'body' | 'basic'
      /** Space-separated; absent where roles decide. */
      scope: string | undefined
      /** The most time one token request may take, in milliseconds. */
      timeoutMs: number
    }

/** What a model's API refuses, and what it wants instead. */
export interface ModelParameters {
  /** Fields that are left out for this model, by the upstream's names. */
  omit: readonly string[]
  /** The field that carries `maxTokens`. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens'
}

export interface UpstreamTimeouts {
  connectMs: number
  /** From the request to the first byte of the answer's body. */
  firstByteMs: number
  /** Between two bytes. */
  idleMs: number
}

export interface UpstreamRetry {
  /** Attempts in all, the first included. */
  maxAttempts: number
  /** The first backoff; doubles with each attempt, with full jitter. */
  baseDelayMs: number
  /** The longest wait that is honoured, backoff and `Retry-After` alike; a longer one fails at once. */
  maxDelayMs: number
  /** From the first attempt to the last start. */
  deadlineMs: number
}

/** What a request has to keep to for this upstream. */
export interface UpstreamCapabilities {
  /** The longest content of one message, in characters; undefined: no limit of its own. */
  maxContentCharacters: number | undefined
  /** The window of a model that nobody knows, in tokens; undefined: not checked. */
  defaultContextWindow: number | undefined
}

export interface UpstreamTarget {
  /** What audit and messages call it. */
  name: string
  chatUrl: string
  /** How it takes requests and answers them. */
  format: ChatFormat
  capabilities: UpstreamCapabilities
  /** Fields of messages, deltas and tool calls that pass besides the ones that the format knows. */
  extensionFields: readonly string[]
  authentication: UpstreamAuthentication
  /** Headers of each request besides its own. */
  headers: Readonly<Record<string, string>>
  /** Requests a minute for everybody together; 0 is no limit. */
  requestsPerMinute: number
  /** How long a request may wait for its turn under that limit. */
  queueTimeoutMs: number
  /** How many requests may wait for their turn. */
  queueLength: number
  /** Whether to ask for usage by `stream_options.include_usage`. */
  includeUsage: boolean
  maxEventBytes: number
  timeouts: UpstreamTimeouts
  retry: UpstreamRetry
}
