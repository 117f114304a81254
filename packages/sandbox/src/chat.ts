/** The chat completions of both APIs: admits the request, finds the model's behaviour and carries it out. */

import { admit } from './admission.ts'
import { parseChatRequest } from './chat-request.ts'
import { compose } from './completion.ts'
import { deliver } from './delivery.ts'
import type { Exchange } from './exchange.ts'
import type { Internals } from './internals.ts'
import { sandboxModels } from './models.ts'
import { refuse } from './refusal.ts'

/** Answers a chat request of either API. */
export async function handleChat(exchange: Exchange, internals: Internals): Promise<void> {
  const { ledger, faults } = internals
  ledger.count('chatRequests')
  if (!admit(exchange, internals)) return
  if (exchange.mediaType !== 'application/json') return exchange.fail(415)
  const request = parseChatRequest(exchange.body)
  if (typeof request === 'string') return exchange.fail(400, { message: request })
  const scenario = faults.nextChat(request)
  if (scenario === undefined) return exchange.fail(404, { message: 'There is no such model.' })
  if (scenario.refusal !== undefined) return refuse(exchange, scenario.refusal, request)
  const { correlationId: id, dialect, response } = exchange
  const delivery = compose({ id, dialect, request, scenario, internals })
  ledger.follow(response)
  await deliver(response, delivery, () => ledger.markBroken(response))
}

/** Answers `GET /v1/models`. */
export function handleModels(exchange: Exchange, internals: Internals): void {
  if (!admit(exchange, internals)) return
  const data = sandboxModels.map(({ model }) => ({
    id: model,
    object: 'model',
    created: 0,
    owned_by: 'sandbox',
  }))
  exchange.json(200, { object: 'list', data })
}
