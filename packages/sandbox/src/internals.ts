/** What the routes share: the state of one running sandbox. */

import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { TokenStore } from './oauth.ts'
import type { Settings } from './options.ts'
import type { RateLimit } from './rate-limit.ts'

/** The state of one sandbox. */
export interface Internals {
  settings: Settings
  tokens: TokenStore
  rateLimit: RateLimit
  faults: Faults
  ledger: Ledger
  /** Data of the events that every model sends instead of its own words. */
  replay: readonly string[] | undefined
}
