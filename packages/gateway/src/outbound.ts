/** The connections to upstream and token endpoint: where a proxy is configured they lead through it, but never to loopback. */
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { Settings } from './config/settings.ts'

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
