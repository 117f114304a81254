/**
 * The places of connections that are no WebSockets, or not yet. Where an address has none left, a connection that asks for
 * nothing gives its own to the next one, which may bring a credential.
 */
import type { Socket } from 'node:net'
import { networkOf } from '../clients/network.ts'
import { peerAddress } from './client-address.ts'

interface Place {
  readonly connection: Socket
  readonly leave: () => void
  /** Requests that are not answered yet. */
  open: number
  hasAsked: boolean
}

export class ConnectionPlaces {
  readonly #enter: (address: string) => (() => void) | undefined
  /** By network, then by the port and address of the peer; the oldest first. */
  readonly #networks = new Map<string, Map<string, Place>>()

  /** @param enter takes a place for an address, and returns what gives it back; undefined if there is none */
  constructor(enter: (address: string) => (() => void) | undefined) {
    this.#enter = enter
  }

  /** Takes a place for a new connection, until it is closed or left; false if there is none. */
  take(connection: Socket): boolean {
    const address = peerAddress(connection)
    let leave = this.#enter(address)
    if (leave === undefined && this.#giveWay(networkOf(address))) leave = this.#enter(address)
    if (leave === undefined) return false
    const { network, peer } = placeOf(connection)
    const places = this.#networks.get(network) ?? new Map<string, Place>()
    this.#networks.set(network, places)
    places.set(peer, { connection, leave, open: 0, hasAsked: false })
    connection.once('close', () => this.#free(network, peer))
    return true
  }

  /** Gives a place back before its connection is closed. */
  leave(connection: Socket): void {
    const { network, peer } = placeOf(connection)
    this.#free(network, peer)
  }

  /** Tells of a request; the result tells that it has its answer. */
  begin(connection: Socket): () => void {
    const { network, peer } = placeOf(connection)
    const place = this.#networks.get(network)?.get(peer)
    if (place === undefined) return () => {}
    place.open += 1
    place.hasAsked = true
    return () => {
      place.open -= 1
    }
  }

  /** Cuts the oldest connection that never asked for anything, else the oldest that waits for a next request. */
  #giveWay(network: string): boolean {
    const idle = [...(this.#networks.get(network) ?? [])].filter(([, { open }]) => open === 0)
    const [peer, place] = idle.find(([, { hasAsked }]) => !hasAsked) ?? idle[0] ?? []
    if (peer === undefined) return false
    place?.connection.destroy()
    this.#free(network, peer)
    return true
  }

  #free(network: string, peer: string): void {
    const places = this.#networks.get(network)
    places?.get(peer)?.leave()
    places?.delete(peer)
    if (places?.size === 0) this.#networks.delete(network)
  }
}

/** The other end of a connection, the same for what TLS makes of it. */
function placeOf(connection: Socket): { network: string; peer: string } {
  const address = peerAddress(connection)
  return { network: networkOf(address), peer: `${connection.remotePort} ${address}` }
}
