/**
 * A request for a completion over HTTP: what is the same whatever interface it is asked through. The interface reads its own
 * body and says in which form the answer is written.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { ChatRequest } from '@sluice/protocol'
import type { Client } from '../clients/client.ts'
import type { FeedHeader } from '../completion/feed.ts'
import type { RequestSize } from '../completion/memory-budget.ts'
import type { Lifetime, Order } from '../completion/order.ts'
import { invalidRequest } from '../dialects/message.ts'
import { conversationIdOf, overflowOf, type RequestReader } from '../dialects/request-reader.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import { Answer, type AnswerForm } from './answer.ts'
import { answerHeaders } from './answer-headers.ts'
import type { HttpConfig, HttpServices } from './http-services.ts'
import { replyError, replyingErrors } from './reply.ts'
import { readBody } from './request-body.ts'

/** What every body asks for. */
export interface Asked {
  request: ChatRequest
  /** Absent: the header says it. */
  onOverflow?: Order['onOverflow'] | undefined
  /** See `FeedHeader`. */
  echo?: string | undefined
}

/** A way to ask for completions. */
export interface CompletionInterface<Body extends Asked> {
  path: string
  /** @throws GatewayError `invalid_request` */
  read(fields: Record<string, unknown>, reader: RequestReader): Body
  /** What becomes of the completion, by its body and by what its headers say. */
  lifetimeOf(body: Body, byHeaders: Lifetime, settings: HttpConfig['settings']): Lifetime
  formOf(body: Body, header: FeedHeader, isResumable: boolean): AnswerForm
}

const CONVERSATION_ID = 'x-sluice-conversation-id'
const ON_OVERFLOW = 'x-sluice-on-overflow'
const MAX_IDEMPOTENCY_KEY = 128

export function postCompletion<Body extends Asked>(
  face: CompletionInterface<Body>,
  services: HttpServices,
): ClientRoute {
  return {
    method: 'POST',
    path: face.path,
    isForPages: true,
    handleClient: replyingErrors((exchange) => complete(exchange, face, services), services),
    refuse: replyError,
  }
}

async function complete<Body extends Asked>(
  exchange: ClientExchange,
  face: CompletionInterface<Body>,
  services: HttpServices,
): Promise<void> {
  const { request, response, client } = exchange
  const { live, clock, completions, intake } = services
  const begunAt = clock.monotonic()
  const { reader, settings } = live.current
  const options = { ...services, maxBytes: settings.maxMessageBytes, client }
  const read = await readBody(request, options, ({ fields, size }) => ({
    body: face.read(fields, reader),
    size,
  }))
  if (read === undefined) return
  const { body, size } = read
  const byHeaders = lifetimeOf(request.headers, settings)
  const lifetime = face.lifetimeOf(body, byHeaders, settings)
  const order = orderOf({ ...body, size, lifetime }, request.headers, { client, services })
  const isResumable = !lifetime.endsWithConnection
  const answer = new Answer()
  const subscription = await completions.start(order, answer)
  const { header } = subscription.feed
  const facts = { requestId: header.requestId, isResumable, client, begunAt }
  const headers = await answerHeaders(facts, services)
  const form = face.formOf(body, header, isResumable)
  answer.begin(subscription, form, { response, settings, headers, turn: () => intake.turn(client) })
}

function orderOf(
  { request, onOverflow, echo, size, lifetime }: Asked & { size: RequestSize; lifetime: Lifetime },
  headers: IncomingHttpHeaders,
  { client, services }: { client: Client; services: HttpServices },
): Order {
  const params = {
    request,
    size,
    conversationId: conversationIdOf(headers[CONVERSATION_ID], CONVERSATION_ID),
    onOverflow: onOverflow ?? overflowOf(headers[ON_OVERFLOW], ON_OVERFLOW),
    wantsVerbatim: false,
    idempotencyKey: idempotencyKeyOf(headers),
    lifetime,
    echo,
  }
  return services.admission.order(params, client)
}

/** With an idempotency key the same request may come again, and is then answered from the same log. */
function lifetimeOf(
  headers: IncomingHttpHeaders,
  { graceMs, retentionMs }: HttpConfig['settings'],
): Lifetime {
  const onDisconnect = headers['x-sluice-on-disconnect']
  if (onDisconnect === 'continue') return { graceMs, retentionMs, endsWithConnection: false }
  const isShared = idempotencyKeyOf(headers) !== undefined
  if (onDisconnect === undefined || onDisconnect === 'cancel')
    return { graceMs: 0, retentionMs: isShared ? retentionMs : 0, endsWithConnection: true }
  throw invalidRequest('x-sluice-on-disconnect: expected "cancel" or "continue"')
}

function idempotencyKeyOf({ 'idempotency-key': key }: IncomingHttpHeaders): string | undefined {
  if (key === undefined) return undefined
  if (typeof key === 'string' && key !== '' && key.length <= MAX_IDEMPOTENCY_KEY) return key
  throw invalidRequest(`idempotency-key: expected 1 to ${MAX_IDEMPOTENCY_KEY} characters`)
}
