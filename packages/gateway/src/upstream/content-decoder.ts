/** Decodes a body that a server compressed although nobody asked for it. */
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { GatewayError } from '../errors.ts'

export interface ContentDecoderOptions {
  onData: (bytes: Buffer) => void
  onEnd: () => void
  onError: (error: GatewayError) => void
  /** Called when it can take more, after `write` returned false. */
  onDrain: () => void
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const

/** Many times the longest answer; a small body that grows to more is no answer. */
const MAX_DECODED_BYTES = 64 * 1024 * 1024

export class ContentDecoder {
  readonly #options: ContentDecoderOptions
  readonly #stream
  #decodedBytes = 0

  /**
   * A decoder for a body with this `content-encoding`; undefined for one that is not encoded.
   * @throws GatewayError `upstream_invalid_stream` for an encoding that is not known
   */
  static of(encoding: string, options: ContentDecoderOptions): ContentDecoder | undefined {
    const name = encoding.trim().toLowerCase()
    if (name === '' || name === 'identity') return undefined
    if (Object.hasOwn(DECODERS, name))
      return new ContentDecoder(DECODERS[name as keyof typeof DECODERS], options)
    throw invalid('is compressed in a way that is not known here, though none was asked for')
  }

  private constructor(
    create: (typeof DECODERS)[keyof typeof DECODERS],
    options: ContentDecoderOptions,
  ) {
    this.#options = options
    this.#stream = create()
    this.#stream.on('data', (bytes: Buffer) => this.#data(bytes))
    this.#stream.on('end', options.onEnd)
    this.#stream.on('drain', options.onDrain)
    this.#stream.on('error', () => options.onError(invalid('is not compressed as its header says')))
  }

  /** False if it has enough for now. */
  write(bytes: Buffer): boolean {
    return this.#stream.write(bytes)
  }

  end(): void {
    this.#stream.end()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #data(bytes: Buffer): void {
    this.#decodedBytes += bytes.length
    if (this.#decodedBytes <= MAX_DECODED_BYTES) this.#options.onData(bytes)
    else this.#options.onError(invalid(`is more than ${MAX_DECODED_BYTES} bytes when decoded`))
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError('upstream_invalid_stream', `the body of the upstream's answer ${what}`)
}
