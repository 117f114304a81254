/** Starts and stops the sandbox: one HTTP server, its limits, and the handle that a test or the command line holds. */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resetAll, statsOf } from './control.ts'
import { Exchange } from './exchange.ts'
import { type FaultQueue, Faults } from './faults.ts'
import type { Internals } from './internals.ts'
import { Ledger, type RecordedRequest, type SandboxStats } from './ledger.ts'
import { TokenStore } from './oauth.ts'
import { resolveOptions, type SandboxOptions, type Settings } from './options.ts'
import { RateLimit } from './rate-limit.ts'
import { readReplay } from './replay.ts'
import { route } from './routes.ts'

/** Limits of the HTTP server: time for the headers and for a whole request in milliseconds, bytes of the headers. */
const limits = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 32_768 }

/** A connection without a byte for so long is closed; it ends a stall that nobody else ends. */
const maxSilenceMs = 10 * 60_000

/** A running sandbox. Everything but `close` is there under `/sandbox/*` as well. */
export interface Sandbox {
  /** Base URL without a slash at its end, e.g. `http://127.0.0.1:4010`. */
  readonly url: string
  readonly port: number
  /** The counters. */
  stats(): SandboxStats
  /** The last 200 requests, oldest first, without their secrets. */
  requests(): RecordedRequest[]
  /**
   * Lets the next requests meet faults, one each.
   * @throws {SandboxError} `invalid_fault` for an unknown name or a queue over 1,000.
   */
  queueFaults(queue: FaultQueue): void
  /** Revokes one access token, or all; answers how many. */
  revoke(token?: string): number
  /** Forgets faults, counters, requests and rate limits; tokens stay good. */
  reset(): void
  /** Breaks all connections and stops listening. */
  close(): Promise<void>
}

/**
 * Starts a stand-in for Genesys Cloud and its LLM Gateway.
 * @throws {SandboxError} `invalid_option`, `invalid_replay`; the error of the system when the port is not free.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = resolveOptions(options)
  const internals = await createInternals(settings)
  const server = createServer(limits, (request, response) =>
    answer(new Exchange(request, response), internals),
  )
  server.timeout = maxSilenceMs
  server.listen(settings.port, settings.host)
  await once(server, 'listening')
  return handleOf(server, internals)
}

async function createInternals(settings: Settings): Promise<Internals> {
  const { replayFile } = settings
  return {
    settings,
    tokens: new TokenStore(settings),
    rateLimit: new RateLimit(settings.rateLimitPerMinute, settings.now),
    faults: new Faults(),
    ledger: new Ledger(),
    replay: replayFile === undefined ? undefined : await readReplay(replayFile),
  }
}

function handleOf(server: Server, internals: Internals): Sandbox {
  const { port, address, family } = server.address() as AddressInfo
  const { ledger, faults, tokens } = internals
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    port,
    stats: () => statsOf(internals),
    requests: () => ledger.requests(),
    queueFaults: (queue) => faults.add(queue),
    revoke: (token) => tokens.revoke(token),
    reset: () => resetAll(internals),
    close: () => close(server),
  }
}

/** A client that leaves while it sends ends here as well as a defect of ours; only the second one hears of it. */
async function answer(exchange: Exchange, internals: Internals): Promise<void> {
  try {
    await route(exchange, internals)
  } catch (error) {
    if (exchange.response.headersSent) exchange.response.destroy()
    else exchange.fail(500, { message: `The sandbox itself failed: ${String(error)}` })
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
