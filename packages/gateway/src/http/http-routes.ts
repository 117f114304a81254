/** The rows of the HTTP interface, for the router's table. */
import type { ClientRoute } from '../server/router.ts'
import { chatRoute } from './chat-route.ts'
import { completionRoutes } from './completion-routes.ts'
import type { HttpServices } from './http-services.ts'
import { modelRoutes } from './model-routes.ts'
import { responsesRoutes } from './responses/responses-routes.ts'
import { tokenRoute } from './token-route.ts'

export function httpRoutes(services: HttpServices): ClientRoute[] {
  return [
    chatRoute(services),
    ...responsesRoutes(services),
    ...modelRoutes(services),
    ...completionRoutes(services),
    tokenRoute(services),
  ]
}
