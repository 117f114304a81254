/** The address of a client: the peer's own, or what a trusted proxy says of it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { GatewayError } from '../errors.ts'

/**
 * Reads the address of a request's client.
 * @param trusted addresses and networks (CIDR) of proxies
 * @throws GatewayError `configuration` for one that is neither
 */
export function clientAddresses(trusted: readonly string[]): (request: IncomingMessage) => string {
  const proxies = new BlockList()
  for (const entry of trusted) addProxy(proxies, entry)
  const isProxy = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, family(address))
  return (request) => {
    let address = plain(request.socket.remoteAddress ?? 'unknown')
    const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',')
    // From the nearest hop outwards: the first one that is not ours is the client; what is before it anybody may write.
    for (
      let hop = forwarded.pop()?.trim();
      hop !== undefined && isProxy(address);
      hop = forwarded.pop()?.trim()
    ) {
      if (isIP(hop) === 0) break
      address = plain(hop)
    }
    return address
  }
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
