/**
 * Counts what was refused before it began, so that nobody who guesses keys or asks too fast can fill the audit: the first
 * refusal of a reason and address is recorded at once, further ones as one count per window.
 */
import { isAuthFailureReason } from '../clients/auth-result.ts'
import type { AuditEvent } from './record.ts'

/** Settings of a tally. */
export interface RefusalTallyOptions {
  /** Takes the events. */
  readonly record: (event: AuditEvent) => void
  /** Length of a window. Default 60000. */
  readonly windowMs?: number
  /** Pairs of reason and address told apart in one window; further addresses count as `other`. Default 100. */
  readonly maxPairs?: number
}

interface Tally {
  readonly reason: string
  readonly address: string
  count: number
}

/** Turns any number of failures into a bounded number of events. */
export class RefusalTally {
  readonly #record: (event: AuditEvent) => void
  readonly #windowMs: number
  readonly #maxPairs: number
  readonly #tallies = new Map<string, Tally>()
  #timer: NodeJS.Timeout | undefined

  constructor({ record, windowMs = 60_000, maxPairs = 100 }: RefusalTallyOptions) {
    this.#record = record
    this.#windowMs = windowMs
    this.#maxPairs = maxPairs
  }

  /** Counts one refusal. `reason` comes from a closed list, `address` is the client's. */
  add(reason: string, address: string): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#windowMs).unref()
    const known = this.#tallies.get(`${reason} ${address}`)
    if (known !== undefined) known.count += 1
    else if (this.#tallies.size < this.#maxPairs) this.#begin(reason, address)
    else this.#addOther(reason)
  }

  /** Records what the window has counted and starts a new one; call it before the audit closes. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const tally of this.#tallies.values()) {
      if (tally.count > 0) this.#record(eventOf(tally))
    }
    this.#tallies.clear()
  }

  #begin(reason: string, address: string): void {
    this.#record(eventOf({ reason, address, count: 1 }))
    this.#tallies.set(`${reason} ${address}`, { reason, address, count: 0 })
  }

  /** One tally per reason: the reasons are a closed list, so the map stays bounded. */
  #addOther(reason: string): void {
    const other = this.#tallies.get(`${reason} other`) ?? { reason, address: 'other', count: 0 }
    other.count += 1
    this.#tallies.set(`${reason} other`, other)
  }
}

/** A wrong credential is one kind of event, and a client that is known but over its limits another. */
function eventOf(tally: Tally): AuditEvent {
  return { kind: isAuthFailureReason(tally.reason) ? 'auth_failure' : 'refusal', ...tally }
}
