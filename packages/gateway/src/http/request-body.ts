/** The body of a request: JSON text of a bounded size, which the node's memory has room for. */
import type { IncomingMessage } from 'node:http'
import type { Client } from '../clients/client.ts'
import type { Intake } from '../dialects/intake.ts'
import type { ParsedMessage } from '../dialects/message.ts'
import { GatewayError } from '../errors.ts'

export interface BodyOptions {
  maxBytes: number
  intake: Intake
  client: Client
}

/**
 * Reads the body and hands it to `use`; undefined if the client left before its end.
 * @throws GatewayError `invalid_message`, `overloaded`, `rate_limited`, and whatever `use` throws
 */
export async function readBody<T>(
  request: IncomingMessage,
  { maxBytes, intake, client }: BodyOptions,
  use: (message: ParsedMessage) => T,
): Promise<T | undefined> {
  assertJson(request)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const blocks = new Blocks()
  const incoming = intake.incoming(client, request)
  const gone = new AbortController()
  const { signal } = gone
  const leave = () => gone.abort()
  request.socket.once('close', leave)
  try {
    const isWhole = await collect(request, (chunk) => {
      if (blocks.length + chunk.length > maxBytes) throw tooLarge(maxBytes)
      incoming.note(blocks.length + chunk.length)
      blocks.add(chunk)
    })
    return isWhole ? await intake.read({ client, signal }, blocks.take(), use) : undefined
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    incoming.release()
    request.socket.off('close', leave)
  }
}

const FIRST_BLOCK_BYTES = 1_024
const LARGEST_BLOCK_BYTES = 65_536
/** A piece of this size is worth keeping as it is. */
const OWN_BLOCK_BYTES = 16_384
const NOTHING: Buffer = Buffer.alloc(0)

/** Bytes in few blocks, however small the pieces are that they come in: each piece by itself would be an object. */
class Blocks {
  length = 0
  readonly #full: Buffer[] = []
  #last: Buffer = NOTHING
  #used = 0

  add(piece: Buffer): void {
    this.length += piece.length
    if (piece.length >= OWN_BLOCK_BYTES) {
      this.#begin(NOTHING)
      this.#full.push(piece)
      return
    }
    for (let rest = piece; rest.length > 0; ) {
      if (this.#used === this.#last.length) {
        const size = Math.min(LARGEST_BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, this.length))
        this.#begin(Buffer.allocUnsafeSlow(size))
      }
      const copied = rest.copy(this.#last, this.#used)
      this.#used += copied
      rest = rest.subarray(copied)
    }
  }

  take(): Buffer[] {
    this.#begin(NOTHING)
    return this.#full
  }

  #begin(block: Buffer): void {
    if (this.#used > 0) this.#full.push(this.#last.subarray(0, this.#used))
    this.#last = block
    this.#used = 0
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

function tooLarge(maxBytes: number): GatewayError {
  const message = `The body is over ${maxBytes} bytes`
  return new GatewayError('invalid_message', message, { reason: 'body_too_large' })
}
