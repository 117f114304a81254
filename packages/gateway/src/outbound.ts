/** The connections to whatever is configured: where there is a proxy they lead through it, but never to loopback. */
import type * as undici from 'undici'
import type { Dispatcher } from 'undici'
import type { Settings } from './config/settings.ts'
import { Agent, EnvHttpProxyAgent } from './undici.ts'

/** A proxy cannot reach this machine by these names, and the sandbox is here. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export function createDispatcher(
  settings: Pick<Settings, 'connectTimeoutMs' | 'httpProxy' | 'httpsProxy' | 'noProxy'>,
): Dispatcher {
  const { connectTimeoutMs, httpProxy, httpsProxy, noProxy } = settings
  const options = { connect: { timeout: connectTimeoutMs }, allowH2: false }
  if (httpProxy === undefined && httpsProxy === undefined) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    // Undici itself would read the environment for what is not given.
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? httpProxy ?? '',
    noProxy: [...noProxy, ...LOOPBACK].join(','),
  })
}

/** `fetch` by these connections. It is undici's own, because that of Node.js takes dispatchers of its own version alone. */
export function fetchThrough(dispatcher: Dispatcher): typeof fetch {
  const through: typeof undici.fetch = async (url, request) => {
    // Loaded here, because only the issuer of tokens is asked by it.
    const { fetch } = await import('undici')
    return fetch(url, { ...request, dispatcher })
  }
  return through as unknown as typeof fetch
}
