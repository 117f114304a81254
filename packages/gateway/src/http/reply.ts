/** Whole answers of the HTTP interface: JSON objects and errors, with the headers that all of them have. */
import type { ServerResponse } from 'node:http'
import { GatewayError } from '../errors.ts'
import { newRequestId, PRIVATE_HEADERS } from '../server/refusal-reply.ts'
import type { ClientExchange, ClientRoute } from '../server/router.ts'
import type { HttpServices } from './http-services.ts'
import { openAiError, retryHeaders, statusOf } from './words.ts'

type Headers = Readonly<Record<string, string>>

/** Answers with JSON. */
export function replyJson(
  response: ServerResponse,
  status: number,
  ...[value, headers]: [value: unknown, headers?: Headers]
): void {
  replyJsonText(response, status, JSON.stringify(value), headers)
}

/** Answers with what already is JSON. */
export function replyJsonText(
  response: ServerResponse,
  status: number,
  ...[json, headers]: [json: string, headers?: Headers]
): void {
  const body = Buffer.from(json)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-request-id': newRequestId(),
    ...PRIVATE_HEADERS,
    ...headers,
  })
  response.end(body)
}

/** Answers with an error. Node.js reads and forgets what is left of the request. */
export function replyError(error: GatewayError, response: ServerResponse, headers?: Headers): void {
  const body = { error: openAiError(error) }
  replyJson(response, statusOf(error), body, { ...retryHeaders(error), ...headers })
}

/** A client's handler whose failures are answers. What is refused costs the client as much as what is served. */
export function replyingErrors(
  handle: (exchange: ClientExchange) => Promise<void>,
  { intake }: Pick<HttpServices, 'intake'>,
): ClientRoute['handleClient'] {
  return async (exchange) => {
    try {
      await handle(exchange)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      intake.noteRefusal(exchange.client, error)
      replyError(error, exchange.response)
    }
  }
}
