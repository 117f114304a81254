/** The OAuth side: issues, verifies and revokes access tokens for the client-credentials grant. */

import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Exchange } from './exchange.ts'
import type { Settings } from './options.ts'
import type { TokenFault } from './token-faults.ts'

/** How many tokens are remembered; the oldest is forgotten first. */
const maxTokens = 10_000

/** The tokens that were issued and still live. */
export class TokenStore {
  readonly #settings: Settings
  readonly #expiry = new Map<string, number>()
  #issued = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Number of tokens issued since the start or the last `clearCount`. */
  get issued(): number {
    return this.#issued
  }

  /** Starts the count of issued tokens again; the tokens live on. */
  clearCount(): void {
    this.#issued = 0
  }

  /** A new opaque token that lives for the given seconds. */
  issue(lifeSeconds: number): string {
    const token = randomBytes(48).toString('base64url')
    if (this.#expiry.size >= maxTokens) {
      const oldest = this.#expiry.keys().next()
      if (!oldest.done) this.#expiry.delete(oldest.value)
    }
    this.#expiry.set(token, this.#settings.now() + lifeSeconds * 1000)
    this.#issued += 1
    return token
  }

  /** Whether the token was issued here, is not revoked and has life left. */
  isAlive(token: string): boolean {
    return this.#settings.now() < (this.#expiry.get(token) ?? 0)
  }

  /** Revokes one token, or all of them; answers how many died. */
  revoke(token?: string): number {
    if (token !== undefined) return this.#expiry.delete(token) ? 1 : 0
    const count = this.#expiry.size
    this.#expiry.clear()
    return count
  }
}

interface OAuthError {
  error: string
  description: string
}

const invalidClient: OAuthError = { error: 'invalid_client', description: 'authentication failed' }

/** What the token endpoint needs beside the request. */
export interface TokenDesk {
  settings: Settings
  tokens: TokenStore
  /** The fault that this request shall meet, if any. */
  fault: TokenFault | undefined
}

/** Answers a token request: client credentials by HTTP Basic or in the form body. */
export async function handleToken(exchange: Exchange, desk: TokenDesk): Promise<void> {
  const { fault } = desk
  if (fault?.breaks === 'reset') return exchange.reset()
  if (fault?.breaks === 'stall') return
  if (fault?.delayMs !== undefined) await setTimeout(fault.delayMs)
  if (fault?.status !== undefined) return failToken(exchange, fault.status, fault.html)
  const error = requestError(exchange, desk.settings)
  if (error !== undefined) return failOAuth(exchange, error)
  grantToken(exchange, desk)
}

function failOAuth(exchange: Exchange, error: OAuthError): void {
  exchange.json(400, { ...error, error_description: error.description })
}

function failToken(exchange: Exchange, status: number, html: true | undefined): void {
  if (html) exchange.html(status, 'Down for maintenance')
  else if (status === 400) failOAuth(exchange, invalidClient)
  else if (status === 429) exchange.failRateLimit({ seconds: 1, header: '1' })
  else exchange.fail(status)
}

function grantToken(exchange: Exchange, { settings, tokens, fault }: TokenDesk): void {
  const token = tokens.issue(fault?.lifeSeconds ?? settings.tokenLifeSeconds)
  if (fault?.revoked) tokens.revoke(token)
  const answer = {
    access_token: token,
    token_type: 'bearer',
    expires_in: settings.tokenLifeSeconds,
  }
  exchange.json(200, { ...answer, ...fault?.answer }, { 'cache-control': 'no-store' })
}

function requestError(exchange: Exchange, settings: Settings): OAuthError | undefined {
  if (exchange.mediaType !== 'application/x-www-form-urlencoded') {
    return { error: 'invalid_request', description: 'the body must be form encoded' }
  }
  const form = new URLSearchParams(exchange.body)
  if (form.get('grant_type') !== 'client_credentials') {
    return { error: 'unsupported_grant_type', description: 'only client_credentials is offered' }
  }
  const [id, secret] = credentials(exchange, form)
  return id === settings.clientId && secret === settings.clientSecret ? undefined : invalidClient
}

function credentials(exchange: Exchange, form: URLSearchParams): [string | null, string | null] {
  const basic = /^Basic +(\S+)$/i.exec(exchange.request.headers.authorization ?? '')?.[1]
  if (basic === undefined) return [form.get('client_id'), form.get('client_secret')]
  const pair = Buffer.from(basic, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon === -1 ? [null, null] : [pair.slice(0, colon), pair.slice(colon + 1)]
}
