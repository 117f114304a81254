/**
 * The turns of the sessions that go on, in the memory of this process: the Bot Connector sends only what was said last.
 * Least recently used sessions go first.
 */

/** One question of the customer, and what was answered. */
export interface Turn {
  question: string
  answer: string
}

export interface MemoryLimits {
  /** How long a session is remembered after its last turn. Default 1,800,000 (half an hour). */
  ttlMs: number
  /** Beyond it the session that was silent longest is forgotten. Default 1,000. */
  maxSessions: number
  /** Turns of one session; beyond it the oldest are forgotten. Default 20. */
  maxTurns: number
  /** Bytes (UTF-8) of one session's turns; beyond it the oldest are forgotten. Default 32,768. */
  maxSessionBytes: number
  /** Bytes of all; beyond it the session that was silent longest is forgotten. Default 16,777,216. */
  maxBytes: number
}

interface Session {
  turns: Turn[]
  bytes: number
  usedAt: number
}

const MAX_SWEEP_INTERVAL_MS = 60_000

export class ConversationMemory {
  readonly #limits: MemoryLimits
  readonly #now: () => number
  /** Least recently used first. */
  readonly #sessions = new Map<string, Session>()
  readonly #sweeper: NodeJS.Timeout
  #bytes = 0

  /** @param now a clock in milliseconds that never steps back */
  constructor(limits: MemoryLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    const intervalMs = Math.min(limits.ttlMs, MAX_SWEEP_INTERVAL_MS)
    this.#sweeper = setInterval(() => this.#sweep(), intervalMs).unref()
  }

  get sessions(): number {
    return this.#sessions.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What was said so far, oldest first. */
  turns(key: string): readonly Turn[] {
    this.#sweep()
    return this.#sessions.get(key)?.turns ?? []
  }

  add(key: string, turn: Turn): void {
    this.#sweep()
    const session = this.#sessions.get(key) ?? { turns: [], bytes: 0, usedAt: 0 }
    this.forget(key)
    const turns = [...session.turns, turn]
    let bytes = session.bytes + sizeOf(turn)
    while (turns.length > this.#limits.maxTurns || bytes > this.#limits.maxSessionBytes) {
      const oldest = turns.shift()
      if (oldest === undefined) break
      bytes -= sizeOf(oldest)
    }
    if (turns.length === 0) return
    this.#sessions.set(key, { turns, bytes, usedAt: this.#now() })
    this.#bytes += bytes
    this.#shrink()
  }

  forget(key: string): void {
    const session = this.#sessions.get(key)
    if (session === undefined) return
    this.#sessions.delete(key)
    this.#bytes -= session.bytes
  }

  /** Forgets everything, and ends the timer. */
  close(): void {
    clearInterval(this.#sweeper)
    this.#sessions.clear()
    this.#bytes = 0
  }

  #shrink(): void {
    for (const key of this.#sessions.keys()) {
      const { maxSessions, maxBytes } = this.#limits
      if (this.#sessions.size <= maxSessions && this.#bytes <= maxBytes) return
      this.forget(key)
    }
  }

  #sweep(): void {
    const oldest = this.#now() - this.#limits.ttlMs
    for (const [key, { usedAt }] of this.#sessions) {
      if (usedAt > oldest) return
      this.forget(key)
    }
  }
}

function sizeOf({ question, answer }: Turn): number {
  return Buffer.byteLength(question) + Buffer.byteLength(answer)
}
