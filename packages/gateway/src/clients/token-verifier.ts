/** Verifies signed tokens (JWT, RFC 7519) against the published keys of one issuer (JWKS, RFC 7517). Fetching, caching and checking are jose's. */
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { GatewayError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { type AuthFailureReason, type AuthResult, accepted, refused } from './auth-result.ts'
import { base64urlBytes } from './base64url.ts'
import { ClaimRefusal, type ClaimRules, readClaims } from './claims.ts'

/**
 * Signatures that need a private key. The others (`HS256` and its like, `none`) would let everybody who knows the public
 * key sign, too. Source: RFC 8725, section 3.1.
 */
const ASYMMETRIC_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** Settings of a verifier. */
export interface TokenVerifierOptions {
  /** Where the issuer publishes its keys; `https`, but for loopback. */
  readonly jwksUrl: string
  /** The one accepted `iss`. */
  readonly issuer: string
  /** The accepted `aud`: a token must name this gateway. */
  readonly audience: string
  /** What its claims may say of a client. Default: nothing. */
  readonly claims?: ClaimRules | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  readonly logger: Pick<Logger, 'warn'>
  /** How the issuer is asked. Default: without a proxy. */
  readonly fetch?: typeof fetch
  /** Accepted signatures, asymmetric ones only. Default: all of those. */
  readonly algorithms?: readonly string[]
  /** Allowance for clocks that differ, in seconds. Default 10. */
  readonly clockToleranceSeconds?: number
  /** Longest wait for the issuer's keys. Default 5000. */
  readonly timeoutMs?: number
  /** Shortest time between two fetches for key ids that are not known. Default 30000. */
  readonly cooldownMs?: number
  /** Time without a new fetch after a failed one. Default 5000. */
  readonly failureCooldownMs?: number
  /** Age at which the keys are fetched again. Default 600000. */
  readonly cacheMaxAgeMs?: number
}

const MAX_SUBJECT_LENGTH = 256

/** A key set is a few kilobytes; more than this is read of no answer. */
const MAX_KEYS_BYTES = 262_144
/** How long the last published keys are good while the issuer cannot be asked, in milliseconds. */
const KEYS_OUTLIVE_MS = 3_600_000

/** Shortest time between two log lines on claims that cannot be taken, in milliseconds. */
const CLAIM_LOG_PAUSE_MS = 60_000

/** Checks tokens of one issuer. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions
  readonly #algorithms: string[]
  #keys: ReturnType<typeof createRemoteJWKSet>
  /** The latest wall-clock time that was seen. */
  #latest = Number.NEGATIVE_INFINITY
  #failedAt = Number.NEGATIVE_INFINITY
  /** The last good answer of the issuer, and when it came. */
  #known: { text: string | undefined; at: number } = { text: undefined, at: 0 }
  #claimLoggedAt = Number.NEGATIVE_INFINITY

  /** @throws GatewayError `configuration` for an URL that is not safe or an algorithm that is not asymmetric. */
  constructor(options: TokenVerifierOptions) {
    this.#options = options
    this.#algorithms = [...(options.algorithms ?? ASYMMETRIC_ALGORITHMS)]
    assertAsymmetric(this.#algorithms)
    this.#keys = this.#remoteKeys()
  }

  #remoteKeys(): ReturnType<typeof createRemoteJWKSet> {
    const { jwksUrl, timeoutMs, cooldownMs, cacheMaxAgeMs } = this.#options
    return createRemoteJWKSet(safeUrl(jwksUrl), {
      timeoutDuration: timeoutMs ?? 5_000,
      cooldownDuration: cooldownMs ?? 30_000,
      cacheMaxAge: cacheMaxAgeMs ?? 600_000,
      [customFetch]: (url, request) => this.#fetch(url, request),
    })
  }

  /** jose counts its pauses by the wall clock: after a step back they would last as long as the step. */
  #noticeStepBack(now: number): void {
    if (now < this.#latest) this.#keys = this.#remoteKeys()
    this.#latest = now
  }

  /** Verifies signature, issuer, audience and times; subject and claims become the principal. Never throws. */
  async check(token: string): Promise<AuthResult> {
    // jose skips blanks and padding, and takes either alphabet.
    if (!token.split('.').every((part) => base64urlBytes(part) !== undefined))
      return refused('invalid_token')
    const { issuer, audience, clockToleranceSeconds = 10, now, claims } = this.#options
    const time = now()
    this.#noticeStepBack(time)
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: this.#algorithms,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(time),
        requiredClaims: ['exp', 'sub'],
      })
      const { sub: subject, exp = 0 } = payload
      if (!isSubject(subject)) return refused('invalid_token')
      const expiresAt = (exp + clockToleranceSeconds) * 1_000
      const claimed = claims === undefined ? {} : readClaims(payload, claims)
      return accepted({ kind: 'token', id: subject, subject, expiresAt, ...claimed })
    } catch (error) {
      if (error instanceof ClaimRefusal) return this.#refuseClaim(error)
      return refused(this.#reason(error))
    }
  }

  /** The log names the claim's setting, so that an operator finds it; the client learns the kind of fault alone. */
  #refuseClaim({ reason, setting }: ClaimRefusal): AuthResult {
    const { monotonic, logger } = this.#options
    if (monotonic() - this.#claimLoggedAt >= CLAIM_LOG_PAUSE_MS) {
      this.#claimLoggedAt = monotonic()
      logger.warn({ reason, setting }, 'A token was refused for one of its claims')
    }
    return refused(reason)
  }

  /** The published keys; while the issuer is in trouble the last ones that it published, for an hour. */
  async #fetch(url: string, request: RequestInit): Promise<Response> {
    try {
      const text = await this.#published(url, request)
      this.#known = { text, at: this.#options.monotonic() }
      return new Response(text)
    } catch (error) {
      const { text, at } = this.#known
      if (text === undefined || this.#options.monotonic() - at > KEYS_OUTLIVE_MS) throw error
      this.#noteFailure(error)
      return new Response(text)
    }
  }

  /** Pauses after a failure, so that a flood of tokens is no flood of requests to an issuer in trouble. */
  async #published(url: string, request: RequestInit): Promise<string> {
    const { monotonic, failureCooldownMs = 5_000 } = this.#options
    if (monotonic() - this.#failedAt < failureCooldownMs) throw new errors.JWKSTimeout()
    const response = await (this.#options.fetch ?? fetch)(url, request)
    const text = await boundedText(response)
    if (response.status === 200 && hasKeys(text)) return text
    throw new errors.JWKSInvalid()
  }

  #reason(error: unknown): AuthFailureReason {
    const reason = reasonOf(error)
    if (reason === 'issuer_unavailable') this.#noteFailure(error)
    return reason
  }

  /** Begins the pause after a failure, and says so once for each. */
  #noteFailure(error: unknown): void {
    const { monotonic, logger, failureCooldownMs = 5_000 } = this.#options
    if (monotonic() - this.#failedAt < failureCooldownMs) return
    this.#failedAt = monotonic()
    const code = (error as { code?: unknown }).code ?? (error as { name?: unknown }).name
    logger.warn({ code }, "The token issuer's keys cannot be fetched")
  }
}

/** The text of an answer, of which no more than a key set needs is read. */
async function boundedText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    parts.push(part)
    length += part.length
    if (length > MAX_KEYS_BYTES) throw new errors.JWKSInvalid()
  }
  return Buffer.concat(parts).toString('utf8')
}

function hasKeys(text: string): boolean {
  try {
    return Array.isArray((JSON.parse(text) as { keys?: unknown } | null)?.keys)
  } catch {
    return false
  }
}

function reasonOf(error: unknown): AuthFailureReason {
  if (error instanceof errors.JWTExpired) return 'expired_token'
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error.claim)
  return isIssuersFault(error) ? 'issuer_unavailable' : 'invalid_token'
}

function claimReason(claim: string): AuthFailureReason {
  if (claim === 'iss') return 'wrong_issuer'
  if (claim === 'aud') return 'wrong_audience'
  return claim === 'nbf' ? 'early_token' : 'invalid_token'
}

/** jose reports a bad answer with its general error, a lost connection with fetch's own; everything else is the token's. */
function isIssuersFault(error: unknown): boolean {
  return (
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  )
}

function isSubject(subject: unknown): subject is string {
  return typeof subject === 'string' && subject !== '' && subject.length <= MAX_SUBJECT_LENGTH
}

function assertAsymmetric(algorithms: readonly string[]): void {
  if (algorithms.length > 0 && algorithms.every((name) => ASYMMETRIC_ALGORITHMS.includes(name))) {
    return
  }
  throw new GatewayError(
    'configuration',
    `The token algorithms must be some of ${ASYMMETRIC_ALGORITHMS.join(', ')}`,
  )
}

function safeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '')
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return url
  throw new GatewayError(
    'configuration',
    "The URL of the token issuer's keys must begin with https:// (http:// only for loopback)",
  )
}
