/** The address of a client: the peer's own, or what a trusted proxy says of it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { GatewayError } from '../errors.ts'
import { isLoopbackAddress } from '../loopback.ts'

/** Of all clients that a trusted proxy does not name; together they have the limits of one. */
const UNKNOWN = 'unknown'

/** An address with a port, as some proxies write it: `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/

/** Whether an address is one of our proxies. */
export type IsProxy = (address: string) => boolean

/**
 * @param trusted addresses and networks (CIDR) of proxies
 * @throws GatewayError `configuration` for one that is neither
 */
export function trustedProxies(trusted: readonly string[]): IsProxy {
  const proxies = new BlockList()
  for (const entry of trusted) addProxy(proxies, entry)
  return (address) => isIP(address) !== 0 && proxies.check(address, family(address))
}

/** Reads the address of a request's client. Nobody who comes by a proxy is the machine itself. */
export function clientAddresses(isProxy: IsProxy): (request: IncomingMessage) => string {
  return (request) => {
    const peer = peerAddress(request.socket)
    if (!isProxy(peer)) return peer
    let address = peer
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',')
    // From the nearest hop outwards: the first one that is not ours is the client; what is before it anybody may write.
    for (const hop of forwarded.reverse()) {
      if (!isProxy(address)) break
      address = addressIn(hop.trim())
    }
    return isLoopbackAddress(address) ? UNKNOWN : address
  }
}

/** The address of the other end of a connection. */
export function peerAddress({ remoteAddress }: { remoteAddress?: string | undefined }): string {
  return plain(remoteAddress ?? UNKNOWN)
}

function addressIn(hop: string): string {
  const [, v6, v4] = WITH_PORT.exec(hop) ?? []
  const address = v6 ?? v4 ?? hop
  return isIP(address) === 0 ? UNKNOWN : plain(address)
}

function addProxy(proxies: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  const length = prefix === undefined ? bits : Number(prefix)
  if (isIP(address) === 0 || !Number.isInteger(length) || length < 0 || length > bits) {
    throw new GatewayError(
      'configuration',
      `SLUICE_TRUSTED_PROXIES: ${JSON.stringify(entry)} is no address or network`,
    )
  }
  proxies.addSubnet(address, length, family(address))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** IPv4 as IPv6 (`::ffff:192.0.2.1`) is the same client as IPv4. */
function plain(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address
}
