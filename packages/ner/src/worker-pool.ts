/**
 * Worker threads that share the texts to judge, so that no computation holds up the event loop. Started with the first text;
 * a thread that dies is replaced, and what it was at fails.
 */
import { Worker } from 'node:worker_threads'
import type { Span } from '@sluice/guard'
import type { ModelOptions } from './model.ts'
import type { WorkerAnswer, WorkerTask } from './worker-messages.ts'

interface Job {
  text: string
  signal: AbortSignal
  resolve: (spans: Span[]) => void
  reject: (error: unknown) => void
}

interface Seat {
  worker: Worker
  job: Job | undefined
}

/** The built file, also when the source is run. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/worker.js' : './worker.js',
  import.meta.url,
)

export class WorkerPool {
  readonly #options: ModelOptions
  readonly #size: number
  readonly #seats = new Set<Seat>()
  readonly #waiting: Job[] = []
  #nextId = 0
  #isClosed = false

  constructor(size: number, options: ModelOptions) {
    this.#size = size
    this.#options = options
  }

  /**
   * What the model finds. How many texts wait is for the caller to bound.
   * @throws the signal's reason; Error if the model cannot be loaded or the thread dies
   */
  spans(text: string, signal: AbortSignal): Promise<Span[]> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error('the detector is closed')
      this.#waiting.push({ text, signal, resolve, reject })
      this.#assign()
    })
  }

  /** Ends the threads; what waits fails. */
  async close(): Promise<void> {
    this.#isClosed = true
    const seats = [...this.#seats]
    for (const job of this.#waiting.splice(0)) job.reject(new Error('the detector is closed'))
    await Promise.all(seats.map(({ worker }) => worker.terminate()))
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const seat = this.#freeSeat()
      if (seat === undefined) return
      const job = this.#waiting.shift()
      if (job === undefined) return
      if (job.signal.aborted) {
        job.reject(job.signal.reason)
        continue
      }
      seat.job = job
      this.#nextId += 1
      const task: WorkerTask = { id: this.#nextId, text: job.text }
      seat.worker.ref()
      seat.worker.postMessage(task)
    }
  }

  #freeSeat(): Seat | undefined {
    for (const seat of this.#seats) if (seat.job === undefined) return seat
    return this.#seats.size < this.#size ? this.#open() : undefined
  }

  #open(): Seat {
    const worker = new Worker(WORKER, { workerData: this.#options })
    const seat: Seat = { worker, job: undefined }
    this.#seats.add(seat)
    worker.on('message', (answer: WorkerAnswer) => this.#take(seat, answer))
    worker.on('error', (error) => this.#lose(seat, error))
    worker.on('exit', () => this.#lose(seat, new Error('the worker thread ended')))
    return seat
  }

  #take(seat: Seat, answer: WorkerAnswer): void {
    if (answer.kind === 'ready') return
    if (answer.kind === 'unusable') {
      this.#lose(seat, new Error(answer.message))
      void seat.worker.terminate()
      return
    }
    const { job } = seat
    seat.job = undefined
    // A thread without work keeps no process alive.
    seat.worker.unref()
    if (answer.kind === 'spans') job?.resolve(answer.spans)
    else job?.reject(new Error('the model failed'))
    this.#assign()
  }

  #lose(seat: Seat, error: unknown): void {
    if (!this.#seats.delete(seat)) return
    seat.job?.reject(error)
    this.#assign()
  }
}
