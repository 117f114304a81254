/**
 * The parts of undici that a gateway needs, each from its own file: the package's index loads eighty more, for mocks,
 * caches and what browsers have. The version is exact in package.json, because these paths are no promise of undici's.
 */
import { createRequire } from 'node:module'
import type * as undici from 'undici'

const require = createRequire(import.meta.url)

export const Agent = require('undici/lib/dispatcher/agent.js') as typeof undici.Agent
export const errors = require('undici/lib/core/errors.js') as typeof undici.errors
export const EnvHttpProxyAgent =
  require('undici/lib/dispatcher/env-http-proxy-agent.js') as typeof undici.EnvHttpProxyAgent

type Requested = Omit<undici.Dispatcher.RequestOptions, 'origin' | 'path'>
const requestOf = require('undici/lib/api/api-request.js') as (
  this: undici.Dispatcher,
  options: undici.Dispatcher.RequestOptions,
) => Promise<undici.Dispatcher.ResponseData>

/** undici's `request`, by the connections of `dispatcher`. */
export function request(
  url: string | URL,
  { dispatcher, ...options }: Requested & { dispatcher: undici.Dispatcher },
): Promise<undici.Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url)
  return requestOf.call(dispatcher, { ...options, origin, path: `${pathname}${search}` })
}
