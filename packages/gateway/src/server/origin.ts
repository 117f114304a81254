/**
 * Who may reach the listener from a browser: the rules against cross-site WebSockets and DNS rebinding. They hold on
 * every route, also on loopback: a page anywhere can open a WebSocket to a machine's own loopback address.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopbackAddress } from '../loopback.ts'

export interface OriginRules {
  /** Origins that may connect besides the gateway's own. */
  allowedOrigins: readonly string[]
  /** Names that `Host` may carry besides loopback ones. */
  allowedHosts: readonly string[]
  /** True while the gateway listens on loopback only: then `Host` is checked. */
  isLoopback: boolean
  isTls: boolean
}

/** Why a request is refused, or undefined if it may pass. */
export function refusalOf(request: IncomingMessage, rules: OriginRules): string | undefined {
  const host = request.headers.host ?? ''
  if (rules.isLoopback && !isAllowedHost(host, rules.allowedHosts)) {
    return 'This Host is not allowed here (SLUICE_ALLOWED_HOSTS)'
  }
  const { origin } = request.headers
  if (origin === undefined) return undefined
  const own = `${rules.isTls ? 'https' : 'http'}://${host}`
  if (
    sameOrigin(origin, own) ||
    rules.allowedOrigins.some((allowed) => sameOrigin(origin, allowed))
  )
    return undefined
  return 'This Origin is not allowed here (SLUICE_ALLOWED_ORIGINS)'
}

function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const isLoopback = name === '[::1]' || (name !== '::1' && isLoopbackAddress(name))
  return isLoopback || allowed.some((candidate) => candidate.toLowerCase() === name)
}

function sameOrigin(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false
  const origin = new URL(a).origin
  return origin !== 'null' && origin === new URL(b).origin
}
