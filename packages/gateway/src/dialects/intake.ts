/**
 * The way in for messages that are large: one costs memory and time before it is known to be any good. It is read when the
 * client's minute allows a request, the budget has room for what it becomes, and it is the client's turn on the event loop.
 */
import { type Client, quotaNameOf } from '../clients/client.ts'
import { Hold, type MemoryBudget, memoryOf } from '../completion/memory-budget.ts'
import type { Quotas } from '../completion/order.ts'
import type { GatewayError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import { Incoming, LARGE_BYTES, type Source } from './incoming.ts'
import { type MessageLimits, type ParsedMessage, parseInTurns, parseMessage } from './message.ts'
import type { ParseMessage } from './session.ts'

export interface IntakeOptions {
  memory: MemoryBudget
  quotas: Pick<Quotas, 'check' | 'refused'>
  scheduler: Scheduler
  /** Read at each message, so that a reload reaches open sockets. */
  live: { readonly current: { settings: MessageLimits } }
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** What is on its way from a client. */
  incoming(client: Client, source: Source): Incoming {
    const { scheduler } = this.#options
    const name = quotaNameOf(client)
    return new Incoming(this.#holdFor(client), source, () => scheduler.task(name).next())
  }

  #holdFor(client: Client): Hold {
    return new Hold(this.#options.memory, quotaNameOf(client))
  }

  /** Resolves when it is the client's turn on the event loop. */
  turn(client: Client): Promise<void> {
    return this.#options.scheduler.task(quotaNameOf(client)).next()
  }

  /** A small message. */
  small(data: Buffer): ParseMessage {
    return () => parseMessage(data, this.#limits)
  }

  /**
   * Reads a message when it may be read, in the client's turns, and calls `use` with it.
   * @param chunks its bytes, which are dropped as soon as they are read
   * @param use starts, within its turn, what takes the memory over
   * @throws GatewayError `rate_limited` or `overloaded`, unread; `invalid_message`; and whatever `use` throws
   */
  async read<T>(
    { client, signal }: { client: Client; signal?: AbortSignal },
    chunks: Buffer[],
    use: (message: ParsedMessage) => T,
  ): Promise<T> {
    const { quotas } = this.#options
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    const hold = this.#holdFor(client)
    let message: ParsedMessage
    try {
      await quotas.check(client)
      hold.resize(memoryOf({ bytes, values: 0 }))
      message =
        bytes > LARGE_BYTES
          ? await this.#parseLarge(chunks, client, signal)
          : parseMessage(Buffer.concat(chunks), this.#limits)
    } finally {
      hold.release()
    }
    return use(message)
  }

  /** Parsing ends a turn; what is done with the message begins the next one. */
  async #parseLarge(chunks: Buffer[], client: Client, signal?: AbortSignal) {
    const task = this.#options.scheduler.task(quotaNameOf(client), signal)
    await task.next()
    const message = await parseInTurns(chunks, this.#limits, task)
    await task.next()
    return message
  }

  get #limits(): MessageLimits {
    return this.#options.live.current.settings
  }

  /** Notes that something of a client was refused, for whatever reason: trying costs as much as asking. */
  noteRefusal(client: Client, { code }: GatewayError): void {
    if (code !== 'rate_limited') this.#options.quotas.refused(client)
  }
}
