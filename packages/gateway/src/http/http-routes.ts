/** The rows of the HTTP interface, for the router's table. */
import type { ClientRoute } from '../server/router.ts'
import { chatRoute } from './chat-route.ts'
import type { HttpServices } from './http-services.ts'
import { modelRoutes } from './model-routes.ts'

export function httpRoutes(services: HttpServices): ClientRoute[] {
  return [chatRoute(services), ...modelRoutes(services)]
}
