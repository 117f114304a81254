/** Under which name an address is counted: an IPv6 client is given a whole network and can take any address in it. */
import { isIPv6 } from 'node:net'

const GROUPS_OF_64_BITS = 4
const GROUPS = 8

/** An IPv4 address as it is, an IPv6 address as its /64 (RFC 4291 section 2.5.4: the rest names the interface). */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  // A zone (`fe80::1%eth0`) is the machine's own affair; URL writes an address in its one canonical form.
  const [host = ''] = address.split('%')
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  while (groups.length < GROUPS - after.length) groups.push('0')
  return `${[...groups, ...after].slice(0, GROUPS_OF_64_BITS).join(':')}::/64`
}
