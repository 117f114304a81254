/** What a client may use at a time and in a minute, for the completions that ask. */
import type { Client } from '../clients/client.ts'
import type { Quotas, TokenEstimate } from '../completion/order.ts'
import { GatewayError } from '../errors.ts'
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

  admit(client: Client): Promise<void> {
    return this.#reported(client, ({ principal, address }) =>
      this.#options.rates.admit(principal, address),
    )
  }

  check(client: Client): Promise<void> {
    return this.#reported(client, ({ principal, address }) =>
      this.#options.rates.check(principal, address),
    )
  }

  refused({ principal, address }: Client): void {
    // The minute may be over already: what was refused cannot be refused once more.
    this.#options.rates.admit(principal, address).catch((error: unknown) => {
      if (!(error instanceof GatewayError)) throw error
    })
  }

  async #reported(client: Client, ask: (client: Client) => Promise<void>): Promise<void> {
    try {
      await ask(client)
    } catch (error) {
      this.#options.refusals.refused('rate_limited', client.address)
      throw error
    }
  }

  async reserve(client: Client, estimate: TokenEstimate): Promise<(used: number) => void> {
    let settle = (_used: number): void => {}
    await this.#reported(client, async () => {
      settle = await this.#options.rates.reserve(client, estimate)
    })
    return settle
  }
}
