/** Follows a completion as chunk objects, for programs instead of sockets: the same chunks that dialect 1 sends. */
import { endsChunk } from '../completion/log.ts'
import type { Followed, Watcher } from '../completion/watcher.ts'
import { ChunkRenderer, type ChunkSink } from './chunk-renderer.ts'

export class ChunkWatcher implements Watcher, ChunkSink {
  cursor = 0
  /** It takes everything at once and never holds the upstream up. */
  readonly isBehind = false
  readonly #completion: Followed
  readonly #onChunk: (data: unknown) => void
  readonly #renderer = new ChunkRenderer()
  #payload = ''

  constructor(completion: Followed, onChunk: (data: unknown) => void) {
    this.#completion = completion
    this.#onChunk = onChunk
  }

  onAck(): void {}

  onLog(): void {
    const { log } = this.#completion
    for (let seq = this.cursor + 1; seq <= log.top; seq += 1) {
      if (!endsChunk(log.tag(seq)) && seq < log.top) continue
      this.#renderer.render(log, { from: this.cursor + 1, to: seq, sink: this })
      this.#hand()
      this.cursor = seq
    }
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
