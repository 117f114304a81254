/** How many completions and sockets may be open: for a client, for an address, for the node, with fair shares when it is nearly full. */

import { quotaNameOf } from '../clients/client.ts'
import { networkOf } from '../clients/network.ts'
import type { Principal } from '../clients/principal.ts'
import { GatewayError } from '../errors.ts'
import { isLoopbackAddress } from '../loopback.ts'
import { isExempt } from './exemption.ts'

/** Numbers at a time; 0 is no limit. */
export interface ConcurrencySettings {
  clientSockets: number
  clientCompletions: number
  addressSockets: number
  addressUnauthenticated: number
  maxSockets: number
  maxUnauthenticated: number
  maxCompletions: number
}

/** What is known of a new socket's credential: it came along, is not needed, or has to come yet. */
export type CredentialState = 'brought' | 'needless' | 'due'

/** From this part of the node's limit on, nobody gets more than an equal share. */
const CROWDED = 0.8
const RETRY_AFTER_MS = 1_000

/** Counts by name; a name without a count takes no memory. */
class Counts {
  readonly #byName = new Map<string, number>()
  total = 0

  of(name: string): number {
    return this.#byName.get(name) ?? 0
  }

  get names(): number {
    return this.#byName.size
  }

  add(name: string): void {
    this.#byName.set(name, this.of(name) + 1)
    this.total += 1
  }

  remove(name: string): void {
    const left = this.of(name) - 1
    if (left > 0) this.#byName.set(name, left)
    else this.#byName.delete(name)
    this.total -= 1
  }
}

export class ConcurrencyLimits {
  #settings: ConcurrencySettings
  readonly #completions = new Counts()
  readonly #clientSockets = new Counts()
  readonly #addressSockets = new Counts()
  /** Those with a credential have places of their own: the silent do not keep them out. */
  readonly #unauthenticated = { brought: new Counts(), due: new Counts() }
  readonly #connections = new Counts()

  constructor(settings: ConcurrencySettings) {
    this.#settings = settings
  }

  reload(settings: ConcurrencySettings): void {
    this.#settings = settings
  }

  /**
   * Takes a place for one completion; the result releases it.
   * @throws GatewayError `too_many_completions` or `overloaded`
   */
  acquireCompletion(principal: Principal, address: string): () => void {
    const { maxCompletions, clientCompletions } = this.#settings
    const limit = isExempt(principal, address)
      ? 0
      : (principal.limits?.completions ?? clientCompletions)
    const client = quotaNameOf({ principal, address })
    const own = this.#completions.of(client)
    if (limit > 0 && own >= limit) {
      throw refusal(
        'too_many_completions',
        `${limit} completions of this client already run, which is its limit`,
      )
    }
    const { total, names } = this.#completions
    if (maxCompletions > 0 && total >= maxCompletions) {
      throw refusal(
        'overloaded',
        `The gateway already runs ${maxCompletions} completions`,
        'SLUICE_MAX_COMPLETIONS',
      )
    }
    const share = Math.max(
      1,
      Math.floor(maxCompletions / Math.max(1, own === 0 ? names + 1 : names)),
    )
    if (maxCompletions > 0 && total >= maxCompletions * CROWDED && own >= share) {
      throw refusal(
        'overloaded',
        `The gateway is nearly full; this client has its fair share of ${share} completions`,
      )
    }
    this.#completions.add(client)
    return () => this.#completions.remove(client)
  }

  /**
   * Why an address may not open one more socket, or undefined.
   * @param credential whether it brought one, needs none, or has to bring one yet
   */
  refuseAddress(address: string, credential: CredentialState): GatewayError | undefined {
    const { maxSockets, addressSockets, addressUnauthenticated, maxUnauthenticated } =
      this.#settings
    if (isOver(this.#addressSockets.total, maxSockets)) {
      return refusal(
        'overloaded',
        `The gateway has ${maxSockets} open sockets`,
        'SLUICE_MAX_SOCKETS',
      )
    }
    const isLocal = credential === 'needless' && isLoopbackAddress(address)
    if (!isLocal && isOver(this.#addressSockets.of(networkOf(address)), addressSockets)) {
      return refusal(
        'rate_limited',
        `This address has ${addressSockets} open sockets, which is its limit`,
      )
    }
    if (credential === 'needless') return undefined
    const unauthenticated = this.#unauthenticated[credential]
    if (isOver(unauthenticated.of(networkOf(address)), addressUnauthenticated)) {
      const limit = `${addressUnauthenticated} sockets that have shown no credential`
      return refusal('rate_limited', `This address has ${limit}, which is its limit`)
    }
    if (isOver(unauthenticated.total, maxUnauthenticated)) {
      return refusal(
        'overloaded',
        `${maxUnauthenticated} sockets have shown no credential`,
        'SLUICE_MAX_UNAUTHENTICATED',
      )
    }
    return undefined
  }

  /**
   * Counts a connection that is no WebSocket, or not yet; the result releases it. Undefined if there are too many.
   * @param isExempt whether the node's limit is the only one: the machine itself where it needs no credential, and proxies
   */
  acquireConnection(address: string, isExempt: boolean): (() => void) | undefined {
    const { maxSockets, addressSockets } = this.#settings
    const network = networkOf(address)
    if (isOver(this.#connections.total, maxSockets)) return undefined
    if (!isExempt && isOver(this.#connections.of(network), addressSockets)) return undefined
    this.#connections.add(network)
    return () => this.#connections.remove(network)
  }

  /** Counts a socket of an address; the result releases it. */
  acquireSocket(address: string): () => void {
    const network = networkOf(address)
    this.#addressSockets.add(network)
    return () => this.#addressSockets.remove(network)
  }

  /** Counts a socket that has shown no good credential yet; the result releases it. */
  acquireUnauthenticated(address: string, credential: CredentialState): () => void {
    if (credential === 'needless') return () => {}
    const network = networkOf(address)
    const unauthenticated = this.#unauthenticated[credential]
    unauthenticated.add(network)
    return () => unauthenticated.remove(network)
  }

  /** Counts a socket of a client; the result releases it. @throws GatewayError `rate_limited` */
  acquireClientSocket(principal: Principal, address: string): () => void {
    const limit = isExempt(principal, address)
      ? 0
      : (principal.limits?.sockets ?? this.#settings.clientSockets)
    const client = quotaNameOf({ principal, address })
    if (isOver(this.#clientSockets.of(client), limit)) {
      throw refusal('rate_limited', `This client has ${limit} open sockets, which is its limit`)
    }
    this.#clientSockets.add(client)
    return () => this.#clientSockets.remove(client)
  }
}

function isOver(count: number, limit: number): boolean {
  return limit > 0 && count >= limit
}

function refusal(
  code: 'too_many_completions' | 'overloaded' | 'rate_limited',
  ...[what, setting]: [what: string, setting?: string]
): GatewayError {
  const message = `${what}; try again in ${RETRY_AFTER_MS / 1000} s`
  return new GatewayError(code, message, {
    isRetryable: true,
    retryAfterMs: RETRY_AFTER_MS,
    ...(setting === undefined ? {} : { detail: setting }),
  })
}
