/**
 * The parts of undici that a gateway needs, each from its own file: the package's index loads eighty more, for mocks,
 * caches and what browsers have. The version is exact in package.json, because these paths are no promise of undici's.
 */
import { createRequire } from 'node:module'
import type * as undici from 'undici'

const require = createRequire(import.meta.url)

const Dispatcher = require('undici/lib/dispatcher/dispatcher.js') as typeof undici.Dispatcher
// As the index does it: every dispatcher has `request`, `connect` and the others as methods, and proxies call them.
Object.assign(Dispatcher.prototype, require('undici/lib/api'))

export const Agent = require('undici/lib/dispatcher/agent.js') as typeof undici.Agent
export const errors = require('undici/lib/core/errors.js') as typeof undici.errors
export const EnvHttpProxyAgent =
  require('undici/lib/dispatcher/env-http-proxy-agent.js') as typeof undici.EnvHttpProxyAgent

type RequestOptions = Omit<undici.Dispatcher.RequestOptions, 'origin' | 'path'>

/** undici's `request`, by the connections of `dispatcher`. */
export function request(
  url: string | URL,
  { dispatcher, ...options }: RequestOptions & { dispatcher: undici.Dispatcher },
): Promise<undici.Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url)
  return dispatcher.request({ ...options, origin, path: `${pathname}${search}` })
}
