/**
 * The OAuth 2 client-credentials token of the upstream: fetched once for all callers, refreshed in the background before
 * it ends, dropped when the API refuses it. Knows nothing of what the token is used for.
 */
import type { Dispatcher } from 'undici'
import { systemClock } from '../clock.ts'
import { masked } from '../config/masked.ts'
import { GatewayError } from '../errors.ts'
import { isJsonObject } from '../json-object.ts'
import { request } from '../undici.ts'
import { correlationOf } from './correlation-id.ts'
import { connectionFailure } from './failures.ts'
import type { UpstreamAuthentication } from './target.ts'

type OAuth = Extract<UpstreamAuthentication, { kind: 'oauth' }>

export interface CredentialsOptions {
  dispatcher: Dispatcher
  /** Milliseconds that never jump. Default: the system's clock. */
  monotonic?: () => number
  /** Told when a refresh in the background fails; the old token still serves. */
  onRefreshFailed?: (error: GatewayError) => void
}

interface Token {
  value: string
  refreshAt: number
  expiresAt: number
}

/** A token answer is a few hundred bytes; a proxy's error page is not read past this. */
const MAX_BODY_BYTES = 65_536
/** Genesys Cloud's default life, for answers that name none. */
const DEFAULT_LIFE_SECONDS = 86_400
/** Refresh this long before the end, or a tenth of the life if that is less. */
const REFRESH_EARLY_MS = 60_000
/** After a failed background refresh, the next one is not tried before. */
const REFRESH_PAUSE_MS = 5_000
/** Credentials that the endpoint refused are not shown again before, by anybody. */
const REFUSED_PAUSE_MS = 5_000

/** What goes into the `authorization` header of a request. */
export interface Credentials {
  /** The header's value, or undefined for an upstream without authentication. Rejects with a GatewayError. */
  authorization(signal: AbortSignal): Promise<string | undefined>
  /** Tells that the API refused this value: the next call fetches another. */
  drop(authorization: string): void
  /** Whether another value can be had: a fixed key stays what it is. */
  readonly canRenew: boolean
}

/** Credentials for any kind of authentication. */
export function createCredentials(
  authentication: UpstreamAuthentication,
  options: CredentialsOptions,
): Credentials {
  if (authentication.kind === 'oauth') return new OAuthCredentials(authentication, options)
  const value = authentication.kind === 'key' ? `Bearer ${authentication.key}` : undefined
  return { authorization: async () => value, drop: () => {}, canRenew: false }
}

class OAuthCredentials implements Credentials {
  readonly canRenew = true
  readonly #oauth: OAuth
  readonly #options: CredentialsOptions
  readonly #monotonic: () => number
  #token: Token | undefined
  #pending: Promise<Token> | undefined
  #refused: { error: GatewayError; until: number } | undefined

  constructor(oauth: OAuth, options: CredentialsOptions) {
    this.#oauth = oauth
    this.#options = options
    this.#monotonic = options.monotonic ?? systemClock.monotonic
  }

  async authorization(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted()
    const now = this.#monotonic()
    const token = this.#token
    if (token === undefined || now >= token.expiresAt)
      return (await abortable(this.#fetch(), signal)).value
    if (now >= token.refreshAt && this.#pending === undefined) this.#refresh(token)
    return token.value
  }

  drop(authorization: string): void {
    if (this.#token?.value === authorization) this.#token = undefined
  }

  #refresh(token: Token): void {
    token.refreshAt = this.#monotonic() + REFRESH_PAUSE_MS
    this.#fetch().catch((error: GatewayError) => this.#options.onRefreshFailed?.(error))
  }

  /** One request serves everybody who waits; nobody's abort ends it for the others. */
  #fetch(): Promise<Token> {
    if (this.#refused !== undefined && this.#monotonic() < this.#refused.until)
      return Promise.reject(this.#refused.error)
    this.#pending ??= fetchToken(this.#oauth, this.#options.dispatcher, this.#monotonic)
      .then((token) => {
        this.#token = token
        return token
      })
      .catch((error: GatewayError) => {
        if (error.reason === 'oauth_credentials')
          this.#refused = { error, until: this.#monotonic() + REFUSED_PAUSE_MS }
        throw error
      })
      .finally(() => {
        this.#pending = undefined
      })
    return this.#pending
  }
}

async function fetchToken(
  oauth: OAuth,
  dispatcher: Dispatcher,
  monotonic: () => number,
): Promise<Token> {
  const requestedAt = monotonic()
  const whom = 'the token endpoint'
  const signal = AbortSignal.timeout(oauth.timeoutMs)
  const asked = tokenRequest(oauth)
  try {
    const { statusCode, headers, body } = await request(oauth.tokenUrl, {
      method: 'POST',
      dispatcher,
      signal,
      ...asked,
    })
    const text = await readBounded(body)
    return readToken({
      statusCode,
      text,
      requestedAt,
      oauth,
      correlationId: correlationOf(headers, [oauth.clientSecret, asked.headers.authorization]),
    })
  } catch (error) {
    if (error instanceof GatewayError) throw error
    if (signal.aborted) {
      const message = `${whom} did not answer within ${oauth.timeoutMs} ms`
      const detail = `${masked(oauth.tokenUrl)}; SLUICE_OAUTH_TIMEOUT_MS`
      throw new GatewayError('upstream_timeout', message, { isRetryable: true, detail })
    }
    throw connectionFailure(error, whom, masked(oauth.tokenUrl))
  }
}

function tokenRequest(oauth: OAuth): { headers: Record<string, string>; body: string } {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'accept-encoding': 'identity',
  }
  if (oauth.clientAuthentication === 'body') {
    form.set('client_id', oauth.clientId)
    form.set('client_secret', oauth.clientSecret)
  } else {
    const pair = `${oauth.clientId}:${oauth.clientSecret}`
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  if (oauth.scope !== undefined) form.set('scope', oauth.scope)
  return { headers, body: form.toString() }
}

interface TokenAnswer {
  statusCode: number
  text: string
  requestedAt: number
  oauth: OAuth
  correlationId: string | undefined
}

function readToken({ statusCode, text, requestedAt, oauth, correlationId }: TokenAnswer): Token {
  const body = parseObject(text)
  const answered = {
    status: statusCode,
    ...(correlationId === undefined ? {} : { correlationId }),
  }
  if (statusCode === 200 && typeof body?.access_token === 'string' && isToken(body.access_token)) {
    const lifeMs = lifeSecondsOf(body.expires_in) * 1000
    return {
      value: `Bearer ${body.access_token}`,
      expiresAt: requestedAt + lifeMs,
      refreshAt: requestedAt + lifeMs - Math.min(REFRESH_EARLY_MS, lifeMs / 10),
    }
  }
  // Genesys Cloud answers 400 `invalid_client` for a wrong client, a wrong secret and a wrong region alike.
  if (statusCode === 401 || body?.error === 'invalid_client') {
    const detail =
      `${masked(oauth.tokenUrl)}: check GENESYS_CLOUD_CLIENT_ID and GENESYS_CLOUD_CLIENT_SECRET, ` +
      'and that the region is the one of your organisation'
    throw new GatewayError('upstream_unauthorized', 'OAuth credentials are invalid or expired', {
      ...answered,
      reason: 'oauth_credentials',
      detail,
    })
  }
  if (statusCode >= 500 || statusCode === 429 || statusCode === 408) {
    throw new GatewayError('upstream_unavailable', `the token endpoint answered ${statusCode}`, {
      ...answered,
      isRetryable: true,
      detail: masked(oauth.tokenUrl),
    })
  }
  const message = `the token endpoint answered ${statusCode} without a token`
  throw new GatewayError('upstream_unauthorized', message, {
    ...answered,
    detail: `${masked(oauth.tokenUrl)}: expected a JSON object with access_token; check GENESYS_CLOUD_BASE_URL or the region`,
  })
}

/** `expires_in` (RFC 6749 section 5.1) is a number of seconds; some servers write it as text. */
function lifeSecondsOf(value: unknown): number {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return DEFAULT_LIFE_SECONDS
  return Math.max(1, seconds)
}

/** RFC 6750 section 2.1 `b64token`, loosely: printable ASCII that cannot break out of a header. */
function isToken(value: string): boolean {
  return /^[\x21-\x7e]{1,16384}$/.test(value)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of body) {
    parts.push(part)
    length += part.length
    if (length > MAX_BODY_BYTES) break
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Waits for a shared promise, but leaves it at once when the caller's own signal aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
