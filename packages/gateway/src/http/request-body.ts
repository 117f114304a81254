/** The body of a request: JSON text of a bounded size, which the node's memory has room for. */
import type { IncomingMessage } from 'node:http'
import type { Client } from '../clients/client.ts'
import type { Intake } from '../dialects/intake.ts'
import { GatewayError } from '../errors.ts'

export interface BodyOptions {
  maxBytes: number
  intake: Intake
  client: Client
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads the body and hands its text and size to `parse`; undefined if the client left before its end.
 * @throws GatewayError `invalid_message`, `overloaded`, `rate_limited`, and whatever `parse` throws
 */
export async function readBody<T>(
  request: IncomingMessage,
  { maxBytes, intake, client }: BodyOptions,
  parse: (text: string, bytes: number) => T,
): Promise<T | undefined> {
  assertJson(request)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  const hold = intake.holdFor(client)
  let length = 0
  try {
    const isWhole = await collect(request, (chunk) => {
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      hold.resize(length)
      chunks.push(chunk)
    })
    if (!isWhole) return undefined
    return await intake.read(client, length, () => parse(decoded(Buffer.concat(chunks)), length))
  } finally {
    hold.release()
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
