/** Carries out the refusals of the model table: error bodies, web pages, redirects, and bodies that leak. */

import { type ChatRequest, lastUserText } from './chat-request.ts'
import type { Exchange, RetryAfter } from './exchange.ts'
import type { Refusal } from './models/scenario.ts'

/** Where `sandbox-redirect` sends its caller, under another host name. */
export const redirectPath = '/redirected'

/** Answers a chat request with the refusal of its model. */
export function refuse(exchange: Exchange, refusal: Refusal, request: ChatRequest): void {
  const { status, as } = refusal
  if (as === 'html') exchange.html(status, `${status} Bad Gateway`)
  else if (as === 'redirect') exchange.text(status, '', { location: otherHost(exchange) })
  else if (as === 'echo') exchange.fail(status, { message: confession(exchange, request) })
  else if (status === 429) exchange.failRateLimit(waitOf(refusal))
  else exchange.fail(status)
}

function confession(exchange: Exchange, request: ChatRequest): string {
  const { authorization = 'none' } = exchange.request.headers
  return `Rejected: authorization was "${authorization}", prompt was "${lastUserText(request)}"`
}

/** The loopback address has two names; to a client they are two hosts. */
function otherHost(exchange: Exchange): string {
  const { headers, socket } = exchange.request
  const name = headers.host?.startsWith('localhost') ? '127.0.0.1' : 'localhost'
  return `http://${name}:${socket.localPort}${redirectPath}`
}

function waitOf({ retryAfterSeconds: seconds = 1, retryAfterAs = 'seconds' }: Refusal): RetryAfter {
  switch (retryAfterAs) {
    case 'seconds':
      return { seconds, header: String(seconds) }
    case 'date':
      return { seconds, header: new Date(Date.now() + seconds * 1000).toUTCString() }
    case 'nothing':
      return { seconds, header: undefined }
  }
}
