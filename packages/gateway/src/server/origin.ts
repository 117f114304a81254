/**
 * Who may reach the listener from a browser: the rules against cross-site WebSockets and DNS rebinding. They hold on
 * every route, also on loopback: a page anywhere can open a WebSocket to a machine's own loopback address.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopbackAddress } from '../loopback.ts'

export interface OriginRules {
  /** Origins that may connect besides the gateway's own. */
  allowedOrigins: readonly string[]
  /** Names that `Host` may carry besides this machine's own. With one, every `Host` is checked. */
  allowedHosts: readonly string[]
  /** True while the gateway listens on loopback only: then `Host` is checked, too. */
  isLoopback: boolean
  isTls: boolean
}

/** Why a request is refused: words for its sender, and for the operator the value and the setting that would allow it. */
export interface RequestRefusal {
  readonly reason: 'repeated_header' | 'no_host' | 'host' | 'origin' | 'path'
  readonly status: 400 | 403 | 404
  readonly text: string
  readonly value: string
  readonly setting?: string
}

/** Of two of these nobody can say which one a proxy before us went by (for `Host`: RFC 9112, section 3.2). */
const SINGLE_HEADERS = new Set(['authorization', 'content-type', 'host', 'origin'])

/** Why a request is refused, or undefined if it may pass. */
export function refusalOf(
  request: IncomingMessage,
  rules: OriginRules,
): RequestRefusal | undefined {
  const repeated = repeatedHeader(request)
  if (repeated !== undefined) {
    const text = `There can be one ${repeated} header`
    return { reason: 'repeated_header', status: 400, text, value: repeated }
  }
  const { host = '' } = request.headers
  if (request.headers.host === undefined && request.httpVersion !== '1.0') {
    return { reason: 'no_host', status: 400, text: 'A Host header is needed', value: '' }
  }
  const isOwn = isOwnHost(request, host, rules.allowedHosts)
  if (!isOwn && (rules.isLoopback || rules.allowedHosts.length > 0)) {
    const text = 'This Host is not allowed here'
    return { reason: 'host', status: 403, text, value: host, setting: 'SLUICE_ALLOWED_HOSTS' }
  }
  const { origin } = request.headers
  if (origin === undefined) return undefined
  // A page whose name was made to lead here has the origin that `Host` says: only a name that is ours makes it our own.
  if (isAllowed(origin, isOwn ? host : undefined, rules)) return undefined
  const text = 'This Origin is not allowed here'
  return { reason: 'origin', status: 403, text, value: origin, setting: 'SLUICE_ALLOWED_ORIGINS' }
}

/** Whether a page of an origin may ask, at the address that `request` came to: it is on the list, or the gateway's own. */
export function mayPagesAsk(
  origin: string,
  request: Pick<IncomingMessage, 'socket'>,
  rules: OriginRules,
): boolean {
  const { host } = new URL(origin)
  const isOwn = isOwnHost(request, host, rules.allowedHosts)
  return isAllowed(origin, isOwn ? host : undefined, rules)
}

/** @param own the `Host` that is ours */
function isAllowed(origin: string, own: string | undefined, rules: OriginRules): boolean {
  const { allowedOrigins, isTls } = rules
  const ours = own === undefined ? [] : [`${isTls ? 'https' : 'http'}://${own}`]
  return [...ours, ...allowedOrigins].some((allowed) => sameOrigin(origin, allowed))
}

/** Node.js takes the first one of each and says nothing. */
function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ''
    if (!SINGLE_HEADERS.has(name)) continue
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

/** A name of loopback, one of the list, or the very address that the connection came to: no page can have that by rebinding. */
function isOwnHost(
  { socket }: Pick<IncomingMessage, 'socket'>,
  host: string,
  allowed: readonly string[],
): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const isLoopback = name === '[::1]' || (name !== '::1' && isLoopbackAddress(name))
  const local = socket.localAddress?.replace(/^::ffff:/i, '').toLowerCase() ?? ''
  const isLocal = local !== '' && name === (local.includes(':') ? `[${local}]` : local)
  return isLoopback || isLocal || allowed.some((candidate) => candidate.toLowerCase() === name)
}

function sameOrigin(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false
  const origin = new URL(a).origin
  return origin !== 'null' && origin === new URL(b).origin
}
