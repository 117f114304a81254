/** What a client may use at a time and in a minute, for the completions that ask. */
import type { Client } from '../clients/client.ts'
import type { Quotas } from '../completion/order.ts'
import type { ConcurrencyLimits } from './concurrency-limits.ts'
import type { RateLimits } from './rate-limits.ts'

export interface ClientQuotasOptions {
  concurrency: ConcurrencyLimits
  rates: RateLimits
  /** Told of a request that was refused before it began. */
  refusals: { refused(reason: string, address: string): void }
}

export class ClientQuotas implements Quotas {
  readonly #options: ClientQuotasOptions

  constructor(options: ClientQuotasOptions) {
    this.#options = options
  }

  async acquire({ principal, address }: Client): Promise<() => void> {
    return this.#options.concurrency.acquireCompletion(principal, address)
  }

  async admit({ principal, address }: Client): Promise<void> {
    try {
      await this.#options.rates.admit(principal, address)
    } catch (error) {
      this.#options.refusals.refused('rate_limited', address)
      throw error
    }
  }

  spend({ principal, address }: Client, tokens: number): void {
    void this.#options.rates.spend(principal, address, tokens)
  }
}
