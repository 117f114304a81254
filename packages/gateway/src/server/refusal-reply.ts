/**
 * What is refused before it has a handler: OpenAI's error object with a request id, as a response or, where node:http has
 * none, as bytes on the connection.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { OpenAiErrorType } from '@sluice/protocol'
import { randomHex } from '../random-hex.ts'

/** A status, its reason in words, and headers that belong to it. */
export type Refused = [status: number, reason: string, headers?: Record<string, string>]

/** How long a peer may take to close its side once it has its refusal. */
const CLOSE_GRACE_MS = 1_000

/** What OpenAI's clients are told of a status; a wrong request where it is none of these. */
const ERROR_TYPES: Readonly<Record<number, OpenAiErrorType>> = {
  403: 'permission_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
}

/** Nothing that is said here may be kept by a proxy or taken for something else by a browser. */
export const PRIVATE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** What node:http says of a request that it does not hand over; 400 for everything else. */
const UNREADABLE: Readonly<Record<string, Refused>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive within 10 s'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are over 16 KiB'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are over 16 KiB'],
}

/** Names an answer without a completion, as the completion's own id names one that has it. */
export function newRequestId(): string {
  return randomHex(16)
}

/** Refuses a request before it has a handler. */
export function replyRefusal(
  response: ServerResponse,
  status: number,
  ...[reason, headers]: [reason: string, headers?: Record<string, string>]
): void {
  const body = bodyOf(status, reason)
  response.writeHead(status, { ...headersOf(body), ...headers })
  response.end(body)
}

/** Refuses a request that expects what nobody does here (RFC 9110, section 10.1.1). */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  replyRefusal(response, 417, 'Only 100-continue can be expected')
}

/** Refuses a request that cannot be read. */
export function refuseUnreadable(error: NodeJS.ErrnoException, connection: Duplex): void {
  refuseConnection(connection, UNREADABLE[error.code ?? ''] ?? [400, 'Bad request'])
}

/** Refuses an upgrade, or whatever else has no response, and ends its connection. */
export function refuseConnection(connection: Duplex, refused: Refused): void {
  if (!connection.writable) {
    connection.destroy()
    return
  }
  const [status, reason, more] = refused
  const body = bodyOf(status, reason)
  const headers = { ...headersOf(body), connection: 'close', ...more }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // A peer that never closes its own side would keep the connection for good, and no limit counts it.
  const cut = setTimeout(() => connection.destroy(), CLOSE_GRACE_MS)
  connection.once('close', () => clearTimeout(cut))
}

function bodyOf(status: number, message: string): string {
  const type = ERROR_TYPES[status] ?? 'invalid_request_error'
  return JSON.stringify({ error: { message, type, param: null, code: null } })
}

function headersOf(body: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': newRequestId(),
    ...PRIVATE_HEADERS,
  }
}
