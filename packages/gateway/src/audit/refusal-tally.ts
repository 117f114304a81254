/**
 * Counts what was refused before it began, so that nobody who guesses keys or asks too fast can fill the audit: the first
 * refusal of a reason and address is recorded at once, further ones as one count per window.
 */
import { isAuthFailureReason } from '../clients/auth-result.ts'
import type { AuditEvent } from './record.ts'

export type RefusalEvent = Extract<AuditEvent, { kind: 'auth_failure' | 'refusal' }>

/** What the refused party showed, and the setting that would allow it; for the log alone. */
export interface RefusalCause {
  readonly value: string
  readonly setting?: string | undefined
}

/** Settings of a tally. */
export interface RefusalTallyOptions {
  /** Takes the events. */
  readonly record: (event: RefusalEvent, cause: RefusalCause | undefined) => void
  /** Length of a window. Default 60000. */
  readonly windowMs?: number
  /** Refusals told apart in one window, by reason, address and value; further ones count as `other`. Default 100. */
  readonly maxKinds?: number
}

interface Tally {
  readonly reason: string
  readonly address: string
  readonly cause: RefusalCause | undefined
  count: number
}

/** Turns any number of refusals into a bounded number of events. */
export class RefusalTally {
  readonly #record: RefusalTallyOptions['record']
  readonly #windowMs: number
  readonly #maxKinds: number
  readonly #tallies = new Map<string, Tally>()
  #timer: NodeJS.Timeout | undefined

  constructor({ record, windowMs = 60_000, maxKinds = 100 }: RefusalTallyOptions) {
    this.#record = record
    this.#windowMs = windowMs
    this.#maxKinds = maxKinds
  }

  /** Counts one refusal. `reason` comes from a closed list, `address` is the client's. */
  add(reason: string, address: string, cause?: RefusalCause): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#windowMs).unref()
    const key = `${reason} ${address} ${cause?.value ?? ''}`
    const known = this.#tallies.get(key)
    if (known !== undefined) known.count += 1
    else if (this.#tallies.size < this.#maxKinds)
      this.#begin(key, { reason, address, cause, count: 0 })
    else this.#addOther(reason)
  }

  /** Records what the window has counted and starts a new one; call it before the audit closes. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const tally of this.#tallies.values()) {
      if (tally.count > 0) this.#record(eventOf(tally), tally.cause)
    }
    this.#tallies.clear()
  }

  #begin(key: string, tally: Tally): void {
    this.#record(eventOf({ ...tally, count: 1 }), tally.cause)
    this.#tallies.set(key, tally)
  }

  /** One tally per reason: the reasons are a closed list, so the map stays bounded. */
  #addOther(reason: string): void {
    const key = `${reason} other`
    const other = this.#tallies.get(key) ?? { reason, address: 'other', cause: undefined, count: 0 }
    other.count += 1
    this.#tallies.set(key, other)
  }
}

/** A wrong credential is one kind of event, and a client that is known but over its limits another. */
function eventOf({ reason, address, count }: Tally): RefusalEvent {
  return { kind: isAuthFailureReason(reason) ? 'auth_failure' : 'refusal', reason, address, count }
}
