/** The addresses of the machine itself. */
import { isIPv4 } from 'node:net'

/**
 * True for the addresses that only this machine reaches, in the one form in which browsers write them: `127.1`, `0x7f.1`,
 * `localhost.` and `::ffff:127.0.0.1` are none here.
 */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
