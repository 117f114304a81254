/**
 * The response that a completion is written to. It begins as late as it can, so that a failure before the first text has a
 * status of its own; says something to a connection that would be cut for its silence; and notices who reads no more.
 */
import type { ServerResponse } from 'node:http'
import type { GatewayError } from '../errors.ts'
import { PRIVATE_HEADERS } from '../server/refusal-reply.ts'
import { replyError } from './reply.ts'

export interface AnswerResponseOptions {
  response: ServerResponse
  contentType: string
  /** What is said while there is nothing to say. */
  filler: string
  /** Of the response, whenever it begins. */
  headers: () => Readonly<Record<string, string>>
  settings: AnswerTimes
  /** Everything that was written has left. */
  onDrain: () => void
  /** Its reader is gone, or takes nothing. */
  onGone: () => void
}

export interface AnswerTimes {
  /** After so much silence the filler is sent. */
  httpKeepAliveMs: number
  /** A reader that takes nothing for so long is cut. */
  stallTimeoutMs: number
  /** Bytes that may wait in the connection. */
  bufferedBytes: number
}

export class AnswerResponse {
  readonly #options: AnswerResponseOptions
  readonly #response: ServerResponse
  readonly #keepAlive: NodeJS.Timeout
  readonly #stallWatch: NodeJS.Timeout
  /** Bytes that the connection had taken when it was last looked at. */
  #taken = -1

  constructor(options: AnswerResponseOptions) {
    const { response, settings } = options
    const { socket } = response.req
    this.#options = options
    this.#response = response
    this.#keepAlive = setTimeout(this.#sayFiller, settings.httpKeepAliveMs)
    this.#stallWatch = setInterval(this.#lookForStall, settings.stallTimeoutMs)
    response.on('drain', options.onDrain)
    response.once('close', this.#leave)
    if (socket.destroyed) this.#leave()
  }

  get isFull(): boolean {
    return this.#response.writableLength >= this.#options.settings.bufferedBytes
  }

  /** Writes a piece, and what has to stand before the first one. */
  write(piece: Buffer | string): void {
    this.#begin()
    this.#response.write(piece)
    this.#keepAlive.refresh()
  }

  /** Writes the last piece. */
  end(piece: string): void {
    this.#stopKeepingAlive()
    if (!this.#response.headersSent)
      this.#response.setHeader('content-length', Buffer.byteLength(piece))
    this.#begin()
    this.#response.end(piece)
  }

  /** Ends it with a failure: a status of its own, or `inside` if it has begun. */
  fail(error: GatewayError, inside: string): void {
    this.#stopKeepingAlive()
    if (this.#response.headersSent) this.#response.end(inside)
    else replyError(error, this.#response, this.#options.headers())
  }

  #begin(): void {
    if (this.#response.headersSent) return
    const { contentType, headers } = this.#options
    this.#response.writeHead(200, {
      'content-type': contentType,
      // nginx would collect the events otherwise.
      'x-accel-buffering': 'no',
      ...PRIVATE_HEADERS,
      ...headers(),
    })
  }

  #sayFiller = (): void => {
    if (this.#response.writableLength === 0) this.write(this.#options.filler)
    this.#keepAlive.refresh()
  }

  #lookForStall = (): void => {
    const { socket } = this.#response.req
    const taken = socket.bytesWritten - socket.writableLength
    if (this.#response.writableLength > 0 && taken === this.#taken) socket.destroy()
    this.#taken = taken
  }

  #stopKeepingAlive(): void {
    clearTimeout(this.#keepAlive)
  }

  #leave = (): void => {
    clearTimeout(this.#keepAlive)
    clearInterval(this.#stallWatch)
    this.#options.onGone()
  }
}
