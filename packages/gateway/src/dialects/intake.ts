/**
 * The way in for messages that are large: one costs memory and time before it is known to be any good. It is read when the
 * client's minute allows a request, the budget has room for what it becomes, and it is the client's turn on the event loop.
 */
import { type Client, quotaNameOf } from '../clients/client.ts'
import { Hold, type MemoryBudget, REQUEST_COPIES } from '../completion/memory-budget.ts'
import type { Quotas } from '../completion/order.ts'
import type { GatewayError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'

/** Up to this size a message is read at once: that costs less than asking. In bytes or characters. */
export const LARGE_BYTES = 16_384

export interface IntakeOptions {
  memory: MemoryBudget
  quotas: Pick<Quotas, 'check' | 'refused'>
  scheduler: Scheduler
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Something that holds memory of the node for a client. */
  holdFor(client: Client): Hold {
    return new Hold(this.#options.memory, quotaNameOf(client))
  }

  /**
   * Calls `read` when a message of so many bytes may be read.
   * @param read reads it within this turn, and starts what takes the memory over
   * @throws GatewayError `rate_limited` or `overloaded`, unread, and whatever `read` throws
   */
  async read<T>(client: Client, bytes: number, read: () => T): Promise<T> {
    const { quotas, scheduler } = this.#options
    const hold = this.holdFor(client)
    try {
      await quotas.check(client)
      hold.resize(REQUEST_COPIES * bytes)
      if (bytes > LARGE_BYTES) await scheduler.task(quotaNameOf(client)).next()
    } finally {
      hold.release()
    }
    return read()
  }

  /** Notes that something of a client was refused, for whatever reason: trying costs as much as asking. */
  noteRefusal(client: Client, { code }: GatewayError): void {
    if (code !== 'rate_limited') this.#options.quotas.refused(client)
  }
}
