/** Who asks, once verified. How that is found out is for authenticator.ts, enforcing the limits for others. */

/** Bounds of one client; what is absent falls back to the gateway's own setting. */
export interface ClientLimits {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  readonly sockets?: number | undefined
  readonly completions?: number | undefined
}

/** One client. Two are the same exactly when `kind` and `id` are equal, also over a token's refresh. */
export interface Principal {
  readonly kind: 'key' | 'token' | 'anonymous'
  /** A key's public id, a token's subject, or `anonymous`. */
  readonly id: string
  /** The name that the operator gave to the key. */
  readonly name?: string | undefined
  /** Subject of the verified token. */
  readonly subject?: string | undefined
  /** Models that this client may use. Absent: all. */
  readonly allowedModels?: readonly string[] | undefined
  /** Name of the guard's policy for this client. Absent: the gateway's own. */
  readonly policy?: string | undefined
  readonly limits?: ClientLimits | undefined
  /** When the credential ends, in milliseconds since the epoch. Absent: never. */
  readonly expiresAt?: number | undefined
}

/** Everybody without a credential is one client. */
export const ANONYMOUS: Principal = { kind: 'anonymous', id: 'anonymous' }
