/** Who asks, once verified. How that is found out is for authenticator.ts, enforcing the limits for others. */
import type { ChatMessage } from '@sluice/protocol'

/** The roles of messages, of which an operator can trust some. */
export const MESSAGE_ROLES = [
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
] as const satisfies readonly ChatMessage['role'][]

/** What one client's use is bounded in. */
export const CLIENT_LIMITS = [
  'requestsPerMinute',
  'tokensPerMinute',
  'sockets',
  'completions',
] as const

export type ClientLimit = (typeof CLIENT_LIMITS)[number]

/** Bounds of one client; what is absent falls back to the gateway's own setting. */
export type ClientLimits = Readonly<Partial<Record<ClientLimit, number | undefined>>>

/**
 * One client. Two are the same exactly when `kind`, `tenant`, `id` and the grant's subject are equal, also over a token's
 * refresh; see `ownerOf`.
 */
export interface Principal {
  readonly kind: 'key' | 'token' | 'anonymous'
  /** A key's public id, a token's subject, or `anonymous`. */
  readonly id: string
  /** The name that the operator gave to the key. */
  readonly name?: string | undefined
  /** Subject of the verified token. */
  readonly subject?: string | undefined
  /** Whose client it is, where one gateway serves several organisations: part of who owns a completion. */
  readonly tenant?: string | undefined
  /** What audit and metrics tell clients apart by; at most 8. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Models that this client may use. Absent: all. */
  readonly allowedModels?: readonly string[] | undefined
  /** Name of the guard's policy for this client. Absent: the gateway's own. */
  readonly policy?: string | undefined
  /** Roles whose texts in requests the operator vouches for, beside those that the policy trusts. Absent: none. */
  readonly trustedRoles?: readonly ChatMessage['role'][] | undefined
  readonly limits?: ClientLimits | undefined
  /** What a token leaves of the key that made it. Absent: it is the key itself. */
  readonly grant?: TokenGrant | undefined
  /** When the credential ends, in milliseconds since the epoch. Absent: never. */
  readonly expiresAt?: number | undefined
}

/** What a token for web pages says. */
export interface TokenGrant {
  /** The one origin whose pages may show it. */
  readonly origin: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly models?: readonly string[] | undefined
  /** Names every conversation. */
  readonly conversationId?: string | undefined
  /** Whom the page serves: part of who owns a completion. */
  readonly subject?: string | undefined
}

/** Everybody without a credential is one client. */
export const ANONYMOUS: Principal = { kind: 'anonymous', id: 'anonymous' }
