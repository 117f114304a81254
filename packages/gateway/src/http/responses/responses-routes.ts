/** `/v1/responses`: OpenAI's other interface, over the same completions: asked for, found again by name, cancelled. */
import type { IncomingMessage } from 'node:http'
import { ownerOf } from '../../clients/client.ts'
import { notFound } from '../../completion/completions.ts'
import type { Feed } from '../../completion/feed.ts'
import type { Lifetime } from '../../completion/order.ts'
import { invalidRequest } from '../../dialects/message.ts'
import type { ClientExchange, ClientRoute } from '../../server/router.ts'
import { Answer, type AnswerForm } from '../answer.ts'
import { answerHeaders } from '../answer-headers.ts'
import type { HttpConfig, HttpServices } from '../http-services.ts'
import { postCompletion } from '../post-completion.ts'
import { replyError, replyingErrors, replyJsonText } from '../reply.ts'
import { ResponseEventForm } from './response-event-form.ts'
import { requestIdOf, responseOf } from './response-object.ts'
import { ResponseObjectForm } from './response-object-form.ts'
import { type ResponsesBody, readResponsesBody } from './responses-body.ts'

const PATH = '/v1/responses'
/** A response of the background is kept so many times as long as another: who asked has left, and looks from time to time. */
const BACKGROUND_RETENTION = 10

export function responsesRoutes(services: HttpServices): ClientRoute[] {
  const common = { isForPages: true, refuse: replyError }
  return [
    postCompletion({ path: PATH, read: readResponsesBody, lifetimeOf, formOf }, services),
    {
      ...common,
      method: 'GET',
      path: `${PATH}/{id}`,
      handleClient: replyingErrors((exchange) => retrieve(exchange, services), services),
    },
    {
      ...common,
      method: 'POST',
      path: `${PATH}/{id}/cancel`,
      handleClient: replyingErrors((exchange) => cancel(exchange, services), services),
    },
  ]
}

/** Its log is kept from the beginning, because the end says every text again. */
function lifetimeOf(
  { isBackground, isStored }: ResponsesBody,
  byHeaders: Lifetime,
  { completionTimeoutMs, retentionMs }: HttpConfig['settings'],
): Lifetime {
  if (!isBackground && !isStored) return { ...byHeaders, keepsWhole: true }
  if (!isBackground) return { ...byHeaders, retentionMs, keepsWhole: true }
  return {
    graceMs: completionTimeoutMs,
    retentionMs: BACKGROUND_RETENTION * retentionMs,
    endsWithConnection: false,
    keepsWhole: true,
  }
}

function formOf({ isStream, isBackground }: ResponsesBody): AnswerForm {
  if (!isStream) return new ResponseObjectForm(isBackground)
  const begins = isBackground ? 'with the ack' : 'with the output'
  return new ResponseEventForm({ begins, startingAfter: -1 })
}

async function retrieve(exchange: ClientExchange, services: HttpServices): Promise<void> {
  const { isStream, startingAfter } = queryOf(exchange.request)
  await services.intake.turn(exchange.client)
  const feed = await feedOf(exchange, services)
  if (isStream) await follow(exchange, services, { feed, startingAfter })
  else replyJsonText(exchange.response, 200, responseOf(feed))
}

async function follow(
  { client, response }: ClientExchange,
  services: HttpServices,
  { feed, startingAfter }: { feed: Feed; startingAfter: number },
): Promise<void> {
  const begunAt = services.clock.monotonic()
  const { requestId } = feed.header
  const answer = new Answer()
  const target = { requestId, owner: ownerOf(client), after: 0 }
  const subscription = await services.completions.attach(target, answer)
  const facts = { requestId, isResumable: true, client, begunAt }
  const headers = await answerHeaders(facts, services)
  const form = new ResponseEventForm({ begins: 'at once', startingAfter })
  const { settings } = services.live.current
  answer.begin(subscription, form, {
    response,
    settings,
    headers,
    turn: () => services.intake.turn(client),
  })
}

async function cancel(exchange: ClientExchange, services: HttpServices): Promise<void> {
  await services.intake.turn(exchange.client)
  const feed = await feedOf(exchange, services)
  await services.completions.cancel(feed.header.requestId, ownerOf(exchange.client))
  replyJsonText(exchange.response, 200, responseOf(feed))
}

/** @throws GatewayError `not_found`, also for a completion that was asked for in another way */
async function feedOf(
  { client, parameters }: ClientExchange,
  { completions }: HttpServices,
): Promise<Feed> {
  const feed = await completions.find(requestIdOf(parameters.id ?? '') ?? '', ownerOf(client))
  if (feed.header.echo === undefined) throw notFound()
  return feed
}

function queryOf({ url = '' }: IncomingMessage): { isStream: boolean; startingAfter: number } {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  const after = query.get('starting_after')
  if (after !== null && !/^\d{1,15}$/.test(after))
    throw invalidRequest('starting_after: expected the sequence number of an event')
  return { isStream: query.get('stream') === 'true', startingAfter: Number(after ?? -1) }
}
