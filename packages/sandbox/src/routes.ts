/** Every path of the sandbox as one table, each with what it imitates. */

import { handleChat, handleModels } from './chat.ts'
import { handleFaults, handleRequests, handleReset, handleRevoke, handleStats } from './control.ts'
import type { Exchange } from './exchange.ts'
import { isForeign } from './foreign.ts'
import type { Internals } from './internals.ts'
import type { Imitates } from './models/scenario.ts'
import { sandboxModels } from './models.ts'
import { handleToken } from './oauth.ts'
import { redirectPath } from './refusal.ts'
import { sandboxTokenFaults } from './token-faults.ts'

/** One path of the sandbox. */
export interface SandboxRoute {
  /** `ANY` takes every method. */
  method: 'GET' | 'POST' | 'ANY'
  path: string
  summary: string
  /** `sandbox`: a path of ours, for tests and people. */
  imitates: Imitates | 'sandbox'
}

type Handler = (exchange: Exchange, internals: Internals) => void | Promise<void>

interface Route extends SandboxRoute {
  handle: Handler
}

const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/login/oauth2/token',
    imitates: 'tutorial',
    summary: 'access token for client credentials in the form body or by Basic',
    handle: answerToken,
  },
  {
    method: 'POST',
    path: '/oauth/token',
    imitates: 'genesys',
    summary: 'access token for client credentials by Basic or in the form body',
    handle: answerToken,
  },
  {
    method: 'POST',
    path: '/api/v2/ai/llm/chat/completions',
    imitates: 'tutorial',
    summary: 'chat completion for an access token, 300 requests a minute',
    handle: handleChat,
  },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    imitates: 'openai',
    summary: 'chat completion, for an API key if one is set',
    handle: handleChat,
  },
  {
    method: 'GET',
    path: '/v1/models',
    imitates: 'openai',
    summary: 'the models of the sandbox',
    handle: handleModels,
  },
  {
    method: 'ANY',
    path: redirectPath,
    imitates: 'fault',
    summary: 'where sandbox-redirect leads; being called is the fault of the caller',
    handle: answerRedirected,
  },
  {
    method: 'GET',
    path: '/sandbox',
    imitates: 'sandbox',
    summary: 'routes, models and token faults',
    handle: answerIndex,
  },
  {
    method: 'GET',
    path: '/sandbox/stats',
    imitates: 'sandbox',
    summary: 'counters: requests, open and aborted streams',
    handle: handleStats,
  },
  {
    method: 'GET',
    path: '/sandbox/requests',
    imitates: 'sandbox',
    summary: 'the last 200 requests without their secrets',
    handle: handleRequests,
  },
  {
    method: 'POST',
    path: '/sandbox/faults',
    imitates: 'sandbox',
    summary: 'queues faults for the next chat and token requests',
    handle: handleFaults,
  },
  {
    method: 'POST',
    path: '/sandbox/revoke',
    imitates: 'sandbox',
    summary: 'revokes one access token or all',
    handle: handleRevoke,
  },
  {
    method: 'POST',
    path: '/sandbox/reset',
    imitates: 'sandbox',
    summary: 'forgets faults, counters, requests and rate limits',
    handle: handleReset,
  },
]

/** Every path of the sandbox, for lists. */
export const sandboxRoutes: readonly SandboxRoute[] = routes.map(
  ({ method, path, summary, imitates }) => ({ method, path, summary, imitates }),
)

/** Reads a request and answers it; the requests to our own paths stay out of the books. */
export async function route(exchange: Exchange, internals: Internals): Promise<void> {
  if (!(await exchange.readBody())) return
  if (exchange.path.startsWith('/sandbox')) {
    if (isForeign(exchange.request)) return exchange.fail(403)
  } else {
    internals.ledger.count('requests')
    internals.ledger.record(exchange, internals.settings.now())
  }
  const here = routes.filter(({ path }) => path === exchange.path)
  const found = here.find(({ method }) => method === 'ANY' || method === exchange.request.method)
  if (found === undefined) return exchange.fail(here.length === 0 ? 404 : 405)
  await found.handle(exchange, internals)
}

function answerToken(exchange: Exchange, internals: Internals): Promise<void> {
  const { ledger, faults, settings, tokens } = internals
  ledger.count('tokenRequests')
  return handleToken(exchange, { settings, tokens, fault: faults.nextToken() })
}

function answerRedirected(exchange: Exchange, { ledger }: Internals): void {
  ledger.count('redirectsFollowed')
  exchange.json(200, {})
}

function answerIndex(exchange: Exchange): void {
  exchange.json(200, {
    routes: sandboxRoutes,
    models: sandboxModels,
    tokenFaults: sandboxTokenFaults,
  })
}
