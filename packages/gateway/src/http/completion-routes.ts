/** Completions that go on without their connection: followed again from any place, and cancelled by their name. */
import type { IncomingMessage } from 'node:http'
import { ownerOf } from '../clients/client.ts'
import { EPOCH } from '../dialects/dialect-2/watcher.ts'
import { invalidRequest } from '../dialects/message.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import { Answer } from './answer.ts'
import { answerHeaders, COMPLETIONS_PATH } from './answer-headers.ts'
import { EventForm } from './event-form.ts'
import type { HttpServices } from './http-services.ts'
import { replyError, replyingErrors, replyJson } from './reply.ts'

export function completionRoutes(services: HttpServices): ClientRoute[] {
  const common = { isForPages: true, refuse: replyError }
  return [
    {
      ...common,
      method: 'GET',
      path: `${COMPLETIONS_PATH}/{requestId}/stream`,
      handleClient: replyingErrors((exchange) => follow(exchange, services), services),
    },
    {
      ...common,
      method: 'POST',
      path: `${COMPLETIONS_PATH}/{requestId}/cancel`,
      handleClient: replyingErrors((exchange) => cancel(exchange, services), services),
    },
  ]
}

async function follow(exchange: ClientExchange, services: HttpServices): Promise<void> {
  const { request, response, client, parameters } = exchange
  const { requestId = '' } = parameters
  const { completions, clock, live, intake } = services
  const begunAt = clock.monotonic()
  const after = positionIn(request)
  const turn = () => intake.turn(client)
  await turn()
  const answer = new Answer()
  const subscription = await completions.attach(
    { requestId, owner: ownerOf(client), after },
    answer,
  )
  const { ack, log, header } = subscription.feed
  const form = new EventForm({
    created: Math.floor(header.createdAt / 1000),
    model: ack?.modelId ?? '',
    choices: 1,
    wantsUsage: true,
    after: Math.min(after, log.sequence),
  })
  const headers = await answerHeaders({ requestId, isResumable: true, client, begunAt }, services)
  answer.begin(subscription, form, { response, settings: live.current.settings, headers, turn })
}

async function cancel(exchange: ClientExchange, { completions }: HttpServices): Promise<void> {
  const { response, client, parameters } = exchange
  const { requestId = '' } = parameters
  await completions.cancel(requestId, ownerOf(client))
  replyJson(response, 200, { requestId })
}

/** What the reader has already, by `Last-Event-ID`, which a browser sends by itself, or `?after=`; 0 for nothing. */
function positionIn({ headers, url = '' }: IncomingMessage): number {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  const given = headers['last-event-id'] ?? query.get('after') ?? '0'
  const [, epoch = EPOCH, seq] = /^(?:([1-9]\d{0,8})-)?(0|[1-9]\d{0,14})$/.exec(String(given)) ?? []
  if (seq === undefined || Number(epoch) !== EPOCH)
    throw invalidRequest('Last-Event-ID, or after: expected the id of an event')
  return Number(seq)
}
