/** `GET /v1/models`: what a client may ask for, as far as the configuration knows. */
import { GatewayError } from '../errors.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import type { HttpServices } from './http-services.ts'
import { replyError, replyingErrors, replyJson } from './reply.ts'

/** Named where the configuration names none: what the command line asks for by default, too. */
const DEFAULT_MODEL = 'gpt-4o-mini'

export function modelRoutes(services: HttpServices): ClientRoute[] {
  const route = (path: string, read: (exchange: ClientExchange) => unknown): ClientRoute => ({
    method: 'GET',
    path,
    isForPages: true,
    handleClient: replyingErrors(
      async (exchange) => replyJson(exchange.response, 200, read(exchange)),
      services,
    ),
    refuse: replyError,
  })
  return [
    route('/v1/models', (exchange) => ({ object: 'list', data: modelsFor(exchange, services) })),
    route('/v1/models/{id}', (exchange) => modelNamed(exchange, services)),
  ]
}

function modelNamed(exchange: ClientExchange, services: HttpServices) {
  const name = decoded(exchange.parameters.id ?? '')
  const model = modelsFor(exchange, services).find(({ id }) => id === name)
  if (model !== undefined) return model
  throw new GatewayError('unknown_model', 'There is no such model here')
}

function modelsFor({ client }: ClientExchange, { live, currentPrincipal }: HttpServices) {
  const { models, modelOf } = live.current
  const { allowedModels } = currentPrincipal(client.principal)
  const configured = Object.keys(models)
  const known = configured.length > 0 ? configured : (allowedModels ?? [DEFAULT_MODEL])
  const names = known.filter((name) => allowedModels?.includes(name) ?? true)
  return names.map((id) => {
    const { contextWindow } = modelOf(id)
    const window = contextWindow === undefined ? {} : { context_window: contextWindow }
    return { id, object: 'model', created: 0, owned_by: 'sluice', ...window }
  })
}

/** The clients' way to write a name with a slash in it. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
