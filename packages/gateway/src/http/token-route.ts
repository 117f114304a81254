/** `POST /v1/tokens`: a key asks for a token that a web page may show in its stead. */
import { readTokenParams, type TokenParams } from '../clients/browser-tokens.ts'
import type { Principal } from '../clients/principal.ts'
import { GatewayError } from '../errors.ts'
import { mayPagesAsk } from '../server/origin.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import type { HttpConfig, HttpServices } from './http-services.ts'
import { replyError, replyingErrors, replyJson } from './reply.ts'
import { readBody } from './request-body.ts'

export function tokenRoute(services: HttpServices): ClientRoute {
  return {
    method: 'POST',
    path: '/v1/tokens',
    handleClient: replyingErrors((exchange) => mint(exchange, services), services),
    refuse: replyError,
  }
}

async function mint(exchange: ClientExchange, services: HttpServices): Promise<void> {
  const { request, response, client } = exchange
  const { pages, live, currentPrincipal } = services
  const { settings } = live.current
  if (pages === undefined) throw new GatewayError('forbidden', 'Only a key may ask for tokens')
  const options = { ...services, maxBytes: settings.maxMessageBytes, client }
  const params = await readBody(request, options, ({ fields }) => readTokenParams(fields))
  if (params === undefined) return
  if (!mayPagesAsk(params.origin, request, live.current.originRules))
    throw new GatewayError('forbidden', 'Pages of this origin are not allowed here')
  const principal = currentPrincipal(client.principal)
  assertPolicy(params, principal, live.current)
  const { token, expiresAt } = pages.mint(principal, params)
  replyJson(response, 200, { token, expiresAt: new Date(expiresAt).toISOString() })
}

/** A key has one policy. Naming it makes sure that it is the one that the page is meant to have. */
function assertPolicy({ policy }: TokenParams, key: Principal, { policyOf }: HttpConfig): void {
  if (policy === undefined || policy === policyOf(key.policy).name) return
  throw new GatewayError('forbidden', 'The key may not use this policy')
}
