/**
 * Events between the socket and the one who reads them. Text that waits is joined, so that a slow reader gets few large
 * events; how much may wait is the owner's to watch, by `size`.
 */
import type { CompletionEvent } from './completion.ts'

interface Reader {
  resolve(result: IteratorResult<CompletionEvent>): void
  reject(reason: unknown): void
}

/** What an event costs beside its text, in characters. */
const EVENT_COST = 64

export class EventQueue implements AsyncIterator<CompletionEvent> {
  readonly #onTaken: (event: CompletionEvent) => void
  readonly #onReturn: () => void
  #events: CompletionEvent[] = []
  #readers: Reader[] = []
  #size = 0
  #end: { error?: unknown } | undefined

  constructor(listeners: { onTaken(event: CompletionEvent): void; onReturn(): void }) {
    this.#onTaken = listeners.onTaken
    this.#onReturn = listeners.onReturn
  }

  /** Characters that wait, about. */
  get size(): number {
    return this.#size
  }

  push(event: CompletionEvent): void {
    if (this.#end !== undefined) return
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve({ done: false, value: event })
      this.#onTaken(event)
      return
    }
    const last = this.#events.at(-1)
    if (last === undefined || !join(last, event)) this.#events.push(event)
    this.#size += costOf(event)
  }

  /** Forgets what waits. */
  clear(): void {
    this.#events = []
    this.#size = 0
  }

  /** Nothing more comes; what waits can still be read. With an error, reading ends with that. */
  end(failure: { error?: unknown } = {}): void {
    if (this.#end !== undefined) return
    this.#end = failure
    for (const reader of this.#readers.splice(0)) this.#settle(reader, failure)
  }

  /** Forgets what waits, and ends reading with an error at once, also where the end had come. */
  abort(error: unknown): void {
    this.clear()
    if (this.#end !== undefined) this.#end = { error }
    else this.end({ error })
  }

  next(): Promise<IteratorResult<CompletionEvent>> {
    return new Promise((resolve, reject) => {
      const event = this.#events.shift()
      if (event !== undefined) {
        this.#size = Math.max(0, this.#size - costOf(event))
        if (this.#events.length === 0) this.#size = 0
        resolve({ done: false, value: event })
        this.#onTaken(event)
      } else if (this.#end !== undefined) this.#settle({ resolve, reject }, this.#end)
      else this.#readers.push({ resolve, reject })
    })
  }

  return(): Promise<IteratorResult<CompletionEvent>> {
    this.clear()
    this.end()
    this.#onReturn()
    return Promise.resolve({ done: true, value: undefined })
  }

  #settle(reader: Reader, end: { error?: unknown }): void {
    if ('error' in end) reader.reject(end.error)
    else reader.resolve({ done: true, value: undefined })
    // An error is told once; then the end is the end.
    this.#end = {}
  }
}

/** Appends a text to the one that waits before it, where both are of one place. */
function join(last: CompletionEvent, event: CompletionEvent): boolean {
  if (last.type !== 'text' || event.type !== 'text') return false
  if (last.choice !== event.choice || last.channel !== event.channel) return false
  last.text += event.text
  last.seq = event.seq
  return true
}

function costOf(event: CompletionEvent): number {
  if (event.type === 'text') return event.text.length + EVENT_COST
  if (event.type === 'tool_call') return JSON.stringify(event.toolCall).length + EVENT_COST
  return event.type === 'extra' ? JSON.stringify(event.extra).length + EVENT_COST : EVENT_COST
}
