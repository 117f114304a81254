/** Decides who a credential belongs to, whichever kind it is of. Taking it out of a request is for credential.ts. */
import { KEY_PREFIX } from './api-key.ts'
import { type AuthResult, accepted, refused } from './auth-result.ts'
import { BROWSER_TOKEN_PREFIX, type BrowserTokens } from './browser-tokens.ts'
import { MAX_CREDENTIAL_LENGTH } from './credential.ts'
import type { KeyRing } from './key-ring.ts'
import { ANONYMOUS } from './principal.ts'
import type { TokenVerifier } from './token-verifier.ts'

/** The ways in; without `keys` and `tokens` there is nothing to check a credential against. `pages` needs keys. */
export interface AuthenticatorOptions {
  readonly keys?: KeyRing | undefined
  readonly tokens?: TokenVerifier | undefined
  readonly pages?: BrowserTokens | undefined
  /** Whether a request without credential is served. */
  readonly allowAnonymous: boolean
}

/** What users of libraries that insist on a credential write where they have none. */
const NO_CREDENTIAL = 'none'

/** Checks credentials. */
export class Authenticator {
  readonly #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Whether there is no way to have a good credential: then one that comes along is ignored. */
  get ignoresCredentials(): boolean {
    const { keys, tokens, allowAnonymous } = this.#options
    return allowAnonymous && keys === undefined && tokens === undefined
  }

  /**
   * Resolves to the principal, or to why there is none; never throws and never repeats the credential. A bad credential is
   * refused even where none is needed, unless there is no way to have a good one, or it says itself that it is none: client
   * libraries insist on sending one.
   * @param origin of the page that shows it; undefined if no page does
   */
  async authenticate(credential: string | undefined, origin?: string): Promise<AuthResult> {
    const { keys, tokens, pages, allowAnonymous } = this.#options
    if (this.ignoresCredentials) return accepted(ANONYMOUS)
    if (credential === undefined || credential === NO_CREDENTIAL)
      return allowAnonymous ? accepted(ANONYMOUS) : refused('missing')
    if (credential.length > MAX_CREDENTIAL_LENGTH) return refused('malformed')
    if (credential.startsWith(KEY_PREFIX)) return keys?.check(credential) ?? refused('unknown_key')
    if (credential.startsWith(BROWSER_TOKEN_PREFIX))
      return pages?.check(credential, origin) ?? refused('invalid_token')
    return tokens?.check(credential) ?? refused('malformed')
  }
}
