/** The body of a request: JSON text of a bounded size, which the node's memory has room for. */
import type { IncomingMessage } from 'node:http'
import { type Client, quotaNameOf } from '../clients/client.ts'
import type { MemoryBudget } from '../completion/memory-budget.ts'
import { GatewayError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'

export interface BodyOptions {
  maxBytes: number
  /** Charged with what is read, until it is parsed. */
  memory: MemoryBudget
  scheduler: Scheduler
  client: Client
}

/** A body over this size takes a turn before it is parsed; for a smaller one the turn would cost more. */
const TURN_BYTES = 65_536

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the body and hands its text to `parse`; undefined if the client left before its end.
 * @throws GatewayError `invalid_message`, `overloaded`, and whatever `parse` throws
 */
export async function readBody<T>(
  request: IncomingMessage,
  { maxBytes, memory, scheduler, client }: BodyOptions,
  parse: (text: string) => T,
): Promise<T | undefined> {
  assertJson(request)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let length = 0
  try {
    const isWhole = await collect(request, (chunk) => {
      if (memory.isSpent) throw full()
      length += chunk.length
      memory.take(chunk.length)
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk)
    })
    if (!isWhole) return undefined
    if (length > TURN_BYTES) await scheduler.task(quotaNameOf(client)).next()
    return parse(decoded(Buffer.concat(chunks)))
  } finally {
    memory.take(-length)
  }
}

/** Resolves to false if the client left before the end. What comes after a refusal is read and forgotten. */
function collect(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      try {
        take(chunk)
      } catch (error) {
        request.removeAllListeners('data').resume()
        reject(error)
      }
    })
    request.once('end', () => resolve(true))
    request.once('error', () => resolve(false))
    request.once('close', () => resolve(false))
  })
}

function assertJson({ headers }: IncomingMessage): void {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers
  const isJson = type.split(';')[0]?.trim().toLowerCase() === 'application/json'
  if (isJson && encoding === 'identity') return
  const message = 'The body has to be JSON without compression, with Content-Type: application/json'
  throw new GatewayError('invalid_message', message, { reason: 'media_type' })
}

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new GatewayError('invalid_message', 'The body is not valid UTF-8')
  }
}

function tooLarge(maxBytes: number): GatewayError {
  const message = `The body is over ${maxBytes} bytes`
  return new GatewayError('invalid_message', message, { reason: 'body_too_large' })
}

function full(): GatewayError {
  const options = { isRetryable: true, retryAfterMs: 1_000 }
  return new GatewayError('overloaded', 'The memory budget is used up', options)
}
