/** Bytes that all logs of the node hold together, against one limit: over it, new completions are refused. */
export class MemoryBudget {
  readonly limitBytes: number
  #usedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get isSpent(): boolean {
    return this.#usedBytes >= this.limitBytes
  }

  /** Takes bytes, or gives them back where `bytes` is negative. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }
}
