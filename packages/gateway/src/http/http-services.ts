/** What the handlers of the HTTP interface work with. */
import type { BrowserTokens } from '../clients/browser-tokens.ts'
import type { Principal } from '../clients/principal.ts'
import type { Clock } from '../clock.ts'
import type { Completions } from '../completion/completions.ts'
import type { Admission } from '../completion/order.ts'
import type { Intake } from '../dialects/intake.ts'
import type { RequestReader } from '../dialects/request-reader.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import type { OriginRules } from '../server/origin.ts'
import type { AnswerTimes } from './answer-response.ts'

export interface HttpServices {
  admission: Admission
  completions: Completions
  clock: Clock
  intake: Intake
  rates: Pick<RateLimits, 'standing'>
  /** Makes tokens for pages; undefined without keys. */
  pages: BrowserTokens | undefined
  /** Read at each request, so that a reload needs no restart. */
  live: { readonly current: HttpConfig }
  /** What a client may do now: its key may have changed. @throws GatewayError `unauthorized` */
  currentPrincipal: (principal: Principal) => Principal
}

export interface HttpConfig {
  reader: RequestReader
  /** Whose pages may ask. */
  originRules: OriginRules
  /** Models of the configuration, by their names. */
  models: Readonly<Record<string, unknown>>
  modelOf: (name: string) => { contextWindow: number | undefined }
  policyOf: (name: string | undefined) => { name: string }
  settings: AnswerTimes & {
    maxMessageBytes: number
    /** How long a completion goes on that nobody follows, and can be found after its terminal. */
    graceMs: number
    retentionMs: number
    /** The longest that a completion goes on. */
    completionTimeoutMs: number
  }
}
