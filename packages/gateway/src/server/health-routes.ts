/** Whether the process lives, and whether it can serve: for load balancers and orchestrators. */
import type { Readiness } from './readiness.ts'
import { type OpenRoute, replyText } from './router.ts'

export function healthRoutes(readiness: Readiness): OpenRoute[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      handle: ({ response }) => replyText(response, 200, 'ok'),
    },
    {
      method: 'GET',
      path: '/readyz',
      handle: ({ response }) => {
        const { problem } = readiness
        replyText(response, problem === undefined ? 200 : 503, problem ?? 'ready')
      },
    },
  ]
}
