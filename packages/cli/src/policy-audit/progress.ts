/** One line that says how far an audit is: on a terminal alone, and gone when the result comes. */
import type { AuditResult } from './report.ts'

const INTERVAL_MS = 200
const CLEAR_LINE = '\r\u001b[K'

export class Progress {
  readonly #stream: NodeJS.WriteStream
  #shownAt = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show({ tally, bytes, files }: AuditResult): void {
    const now = performance.now()
    if (!this.#stream.isTTY || now - this.#shownAt < INTERVAL_MS) return
    this.#shownAt = now
    const megabytes = (bytes / 1e6).toFixed(1)
    this.#stream.write(`${CLEAR_LINE}${megabytes} MB, ${files} files, ${tally.texts} texts`)
  }

  clear(): void {
    if (this.#shownAt > 0) this.#stream.write(CLEAR_LINE)
  }
}
