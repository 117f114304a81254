/** Whether a request comes from a web page of elsewhere: such a page may not read or steer the sandbox of its reader. */
import type { IncomingMessage } from 'node:http'

/** Browsers say who asks by these; programs send neither. `none` is a person who typed the address. */
const OWN_SITES = new Set(['same-origin', 'none'])

/** True for a page of another origin, and for a name that was made to lead here. */
export function isForeign({ headers, socket }: IncomingMessage): boolean {
  const { origin, host = '' } = headers
  const site = headers['sec-fetch-site']
  if (typeof site === 'string' && !OWN_SITES.has(site)) return true
  if (origin !== undefined && origin !== `http://${host}`) return true
  const isBrowser = origin !== undefined || site !== undefined
  return isBrowser && !isOwnName(host, socket.localAddress ?? '')
}

function isOwnName(host: string, localAddress: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const local = localAddress.replace(/^::ffff:/i, '').toLowerCase()
  return name === 'localhost' || name === '[::1]' || name === local || name === `[${local}]`
}
