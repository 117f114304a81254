/** Follows a completion as chunk objects, for programs instead of sockets: the same chunks that dialect 1 sends. */
import { endsChunk } from '../completion/log.ts'
import type { Subscriber, Subscription } from '../completion/subscription.ts'
import { ChunkRenderer, type ChunkSink } from './chunk-renderer.ts'

export class ChunkWatcher implements Subscriber, ChunkSink {
  /** It takes everything at once and never holds the upstream up. */
  readonly mayMiss = false
  readonly #onChunk: (data: unknown) => void
  readonly #renderer = new ChunkRenderer()
  #payload = ''

  constructor(onChunk: (data: unknown) => void) {
    this.#onChunk = onChunk
  }

  onFeed(subscription: Subscription): void {
    const { log, terminal } = subscription.feed
    for (let position = subscription.cursor + 1; position <= log.top; position += 1) {
      if (!endsChunk(log.tag(position)) && position < log.top) continue
      this.#renderer.render(log, { from: subscription.cursor + 1, to: position, sink: this })
      this.#hand()
      subscription.cursor = position
    }
    if (terminal !== undefined) subscription.close()
  }

  begin(): void {
    this.#payload = ''
  }

  add(source: Buffer, start: number, end: number): void {
    this.#payload += source.toString('utf8', start, end)
  }

  text(payload: string): void {
    this.#payload = payload
  }

  #hand(): void {
    if (this.#payload !== '') this.#onChunk(JSON.parse(this.#payload).data)
    this.#payload = ''
  }
}
