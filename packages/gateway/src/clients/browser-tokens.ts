/**
 * Tokens for web pages: short-lived, made by a key for less than the key itself may do, signed and verified here without
 * any store. The key behind a token is looked up each time, so whatever happens to it happens to its tokens.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { type AuthResult, accepted, refused } from './auth-result.ts'
import { base64urlBytes } from './base64url.ts'
import { MAX_CREDENTIAL_LENGTH } from './credential.ts'
import type { Principal, TokenGrant } from './principal.ts'

/** Begins every token, so that it is never taken for one of an issuer. */
export const BROWSER_TOKEN_PREFIX = 'sluice_bt_'

const MAX_TTL_SECONDS = 3_600
const DEFAULT_TTL_SECONDS = 900
const MAX_MODELS = 32

const text = z.string().min(1).max(256)
const tokenParamsSchema = z.strictObject({
  ttlSeconds: z.int().min(1).max(MAX_TTL_SECONDS).default(DEFAULT_TTL_SECONDS),
  models: z.array(text).min(1).max(MAX_MODELS).optional(),
  policy: text.optional(),
  origin: z.string().refine(isOrigin, { error: 'expected an origin such as https://app.example' }),
  conversationId: z.string().min(1).max(128).optional(),
  subject: text.optional(),
})

/** What a key asks for its page. */
export type TokenParams = z.infer<typeof tokenParamsSchema>

/** @throws GatewayError `invalid_request` */
export function readTokenParams(body: unknown): TokenParams {
  const result = tokenParamsSchema.safeParse(body)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => [...path, message].join(': '))
  const why = problems.join('; ')
  throw new GatewayError('invalid_request', `The request for a token is not valid: ${why}`)
}

export interface BrowserTokensOptions {
  /** Of the signatures. */
  secret: Buffer
  /** What a key may do now; undefined once it is revoked. */
  principalOf: (keyId: string) => Principal | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

interface Payload extends TokenGrant {
  keyId: string
}

export class BrowserTokens {
  readonly #options: BrowserTokensOptions

  constructor(options: BrowserTokensOptions) {
    this.#options = options
  }

  /**
   * A token for what the key `principal` may do, narrowed by what is asked for.
   * @throws GatewayError `forbidden` for who is no key, or asks for more than the key has
   */
  mint(principal: Principal, params: TokenParams): { token: string; expiresAt: number } {
    if (principal.kind !== 'key' || principal.grant !== undefined)
      throw new GatewayError('forbidden', 'Only a key may ask for tokens')
    const { ttlSeconds, models, origin, conversationId, subject } = params
    const tooMany = models?.filter((model) => !(principal.allowedModels?.includes(model) ?? true))
    if (tooMany !== undefined && tooMany.length > 0)
      throw new GatewayError('forbidden', 'The key itself may not use all of these models')
    const expiresAt = Math.min(
      this.#options.now() + ttlSeconds * 1_000,
      principal.expiresAt ?? Number.POSITIVE_INFINITY,
    )
    const payload = { keyId: principal.id, origin, expiresAt, models, conversationId, subject }
    const body = Buffer.from(JSON.stringify(payload)).toString('base64url')
    const token = `${BROWSER_TOKEN_PREFIX}${body}.${this.#sign(body).toString('base64url')}`
    if (token.length > MAX_CREDENTIAL_LENGTH)
      throw new GatewayError('invalid_request', 'The token would be too long; name fewer models')
    return { token, expiresAt }
  }

  /** Whose a token is, on a page of `origin`. Never throws. */
  check(token: string, origin: string | undefined): AuthResult {
    const payload = this.#verified(token.slice(BROWSER_TOKEN_PREFIX.length))
    if (payload === undefined) return refused('invalid_token')
    const { keyId, ...grant } = payload
    const now = this.#options.now()
    if (grant.expiresAt <= now) return refused('expired_token')
    if (grant.origin !== origin) return refused('wrong_origin')
    const key = this.#options.principalOf(keyId)
    if (key === undefined) return refused('revoked_key')
    if (key.expiresAt !== undefined && key.expiresAt <= now) return refused('expired_key')
    return accepted(narrowed(key, grant))
  }

  #verified(signed: string): Payload | undefined {
    const [body = '', signature = '', ...more] = signed.split('.')
    const expected = this.#sign(body)
    const given = base64urlBytes(signature)
    if (more.length > 0 || given?.length !== expected.length) return undefined
    if (!timingSafeEqual(given, expected)) return undefined
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  }

  #sign(body: string): Buffer {
    return createHmac('sha256', this.#options.secret).update(body).digest()
  }
}

/** What is left of a key for who holds one of its tokens. */
export function narrowed(key: Principal, grant: TokenGrant): Principal {
  const { models, subject, expiresAt } = grant
  const isOwn = (model: string) => key.allowedModels?.includes(model) ?? true
  return {
    ...key,
    grant,
    subject,
    allowedModels: models?.filter(isOwn) ?? key.allowedModels,
    // Nobody can vouch for what a page sends: whoever reads it can change it.
    trustedRoles: undefined,
    expiresAt: Math.min(expiresAt, key.expiresAt ?? expiresAt),
  }
}

function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value
}
