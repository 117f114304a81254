/** `POST /v1/chat/completions`: from OpenAI's request to an order, and from the completion's log to OpenAI's answer. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Client } from '../clients/client.ts'
import type { Lifetime, Order } from '../completion/order.ts'
import { invalidRequest } from '../dialects/message.ts'
import { conversationIdOf, overflowOf } from '../dialects/request-reader.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import { Answer, type AnswerForm } from './answer.ts'
import { answerHeaders } from './answer-headers.ts'
import { type ChatBody, readChatBody } from './chat-body.ts'
import { EventForm } from './event-form.ts'
import type { HttpConfig, HttpServices } from './http-services.ts'
import { ObjectForm } from './object-form.ts'
import { replyError, replyingErrors } from './reply.ts'
import { readBody } from './request-body.ts'

const MAX_IDEMPOTENCY_KEY = 128

export function chatRoute(services: HttpServices): ClientRoute {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    isForPages: true,
    handleClient: replyingErrors((exchange) => complete(exchange, services), services),
    refuse: replyError,
  }
}

async function complete(exchange: ClientExchange, services: HttpServices): Promise<void> {
  const { request, response, client } = exchange
  const { live, clock, completions } = services
  const begunAt = clock.monotonic()
  const { reader, settings } = live.current
  const options = { ...services, maxBytes: settings.maxMessageBytes, client }
  const body = await readBody(request, options, (text, bytes) => ({
    ...readChatBody(text, reader),
    bytes,
  }))
  if (body === undefined) return
  const order = orderOf(body, request.headers, { client, services })
  const isResumable = !order.lifetime.endsWithConnection
  const answer = new Answer()
  const subscription = await completions.start(order, answer)
  const { requestId } = subscription.feed.header
  const headers = await answerHeaders({ requestId, isResumable, client, begunAt }, services)
  const form = formOf(body, { isResumable, now: clock.now() })
  answer.begin(subscription, form, { response, settings, headers })
}

function orderOf(
  { request, bytes }: ChatBody & { bytes: number },
  headers: IncomingHttpHeaders,
  { client, services }: { client: Client; services: HttpServices },
): Order {
  const {
    'x-sluice-conversation-id': conversationId,
    'x-sluice-on-overflow': onOverflow,
    'x-sluice-on-disconnect': onDisconnect,
  } = headers
  const idempotencyKey = idempotencyKeyOf(headers)
  const wish = {
    request,
    bytes,
    conversationId: conversationIdOf(conversationId),
    onOverflow: overflowOf(onOverflow),
    wantsVerbatim: false,
    idempotencyKey,
    lifetime: lifetimeOf(onDisconnect, idempotencyKey !== undefined, services.live.current),
  }
  return services.admission.order(wish, client)
}

/** @param isShared the same request may come again and is then answered from the same log */
function lifetimeOf(
  onDisconnect: unknown,
  isShared: boolean,
  { settings: { graceMs, retentionMs } }: HttpConfig,
): Lifetime {
  if (onDisconnect === 'continue') return { graceMs, retentionMs, endsWithConnection: false }
  if (onDisconnect === undefined || onDisconnect === 'cancel')
    return { graceMs: 0, retentionMs: isShared ? retentionMs : 0, endsWithConnection: true }
  throw invalidRequest('x-sluice-on-disconnect: expected "cancel" or "continue"')
}

function idempotencyKeyOf({ 'idempotency-key': key }: IncomingHttpHeaders): string | undefined {
  if (key === undefined) return undefined
  if (typeof key === 'string' && key !== '' && key.length <= MAX_IDEMPOTENCY_KEY) return key
  throw invalidRequest(`idempotency-key: expected 1 to ${MAX_IDEMPOTENCY_KEY} characters`)
}

function formOf(
  { request, isStream, wantsUsage }: ChatBody,
  { isResumable, now }: { isResumable: boolean; now: number },
): AnswerForm {
  const created = Math.floor(now / 1000)
  const options = { created, model: request.modelId, choices: request.n ?? 1 }
  if (!isStream) return new ObjectForm(options)
  return new EventForm({ ...options, wantsUsage, after: isResumable ? 0 : undefined })
}
