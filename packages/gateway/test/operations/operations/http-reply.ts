/** One request with headers that a browser's or a library's client would not let a test send, and its whole answer. */
import { type IncomingHttpHeaders, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { text } from 'node:stream/consumers'

export interface Reply {
  /** 101 if the connection became a WebSocket. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `base` begins with http, https, ws or wss. Certificates are not checked: the test made them. */
export function replyTo(base: string, asked: Asked = {}): Promise<Reply> {
  const { method = 'GET', path = '/', headers = {}, body } = asked
  const url = new URL(path, base.replace(/^ws/, 'http'))
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, rejectUnauthorized: false, agent: false })
    sent.once('error', reject)
    sent.once('upgrade', ({ headers: received }, socket) => {
      socket.destroy()
      resolve({ status: 101, headers: received, body: '' })
    })
    sent.once('response', (response) => {
      const { statusCode: status = 0, headers: received } = response
      text(response).then((whole) => resolve({ status, headers: received, body: whole }), reject)
    })
    sent.end(body)
  })
}

/** The headers of a request to become a WebSocket (RFC 6455 section 4.1), and more. */
export function upgradeHeaders(more: Readonly<Record<string, string>> = {}) {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
    ...more,
  }
}
