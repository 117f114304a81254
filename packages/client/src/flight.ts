/**
 * One completion in flight: its position in the gateway's log, and what has to be said to follow it from there. Knows no
 * socket; its owner says when there is a link to ask on.
 *
 *   waiting --ask--> asking --ack, resumed--> watching --terminal--> ended
 *      ^_______________|__________________________|  the link is lost, an entry is missing
 *   watching --the reader is slow--> paused --it has caught up--> waiting
 */
import type { Dialect2ClientFrame, InitFrame } from '@sluice/protocol'
import type { Completion, CompletionEvent, Position } from './completion.ts'
import { deferred } from './deferred.ts'
import { EventQueue } from './event-queue.ts'
import type { Acknowledged, Ending, Piece, Refusal, ServerFrame } from './server-frame.ts'
import { SluiceError } from './sluice-error.ts'

/** Where frames can be sent. */
export interface Link {
  /** False if the frame is larger than the gateway takes; it was not sent. */
  send(frame: Dialect2ClientFrame): boolean
}

/** What is asked of the gateway: a new completion, or one that is there. */
export type Request =
  | { init: Omit<InitFrame, 'type' | 'id'> }
  | { requestId: string; position: Position }

export interface FlightOptions {
  request: Request
  /** Characters that may wait for a slow reader. */
  maxBufferedCharacters: number
  owner: FlightOwner
}

/** Whoever has the links. */
export interface FlightOwner {
  /** It wants to be asked for, on whatever link there is. */
  waits(flight: Flight): void
  /** It is not watched any more under its id. */
  leaves(flight: Flight): void
  /** Its link takes no new completions, or no more from this credential. */
  turnedAway(flight: Flight): void
  ended(flight: Flight): void
}

type Phase = 'waiting' | 'asking' | 'watching' | 'paused' | 'ended'

/** A gateway that does not send what is missing is not asked for ever. */
const MAX_RESYNCS = 3

export class Flight implements Completion {
  requestId: string | undefined
  position: Position
  readonly acknowledged: Promise<Acknowledged | undefined>
  readonly finished: Promise<Ending>
  /** The id on the link, while there is one. */
  id: string | undefined
  link: Link | undefined

  readonly #options: FlightOptions
  readonly #queue: EventQueue
  readonly #acknowledged = deferred<Acknowledged | undefined>()
  readonly #finished = deferred<Ending>()
  #phase: Phase = 'waiting'
  #received: Position
  #wasSent = false
  #isCancelled = false
  #wasTurnedAway = false
  #resyncs = 0
  #isRead = false

  constructor(options: FlightOptions) {
    const { request } = options
    this.#options = options
    this.requestId = 'init' in request ? undefined : request.requestId
    this.#received = 'init' in request ? { epoch: 1, seq: 0 } : { ...request.position }
    this.position = { ...this.#received }
    this.acknowledged = this.#acknowledged.promise
    this.finished = this.#finished.promise
    this.#queue = new EventQueue({
      onTaken: (event) => this.#taken(event),
      onReturn: () => this.#abandon(),
    })
  }

  get isWaiting(): boolean {
    return this.#phase === 'waiting'
  }

  [Symbol.asyncIterator](): AsyncIterator<CompletionEvent> {
    if (this.#isRead) throw new TypeError('A completion can be read once')
    this.#isRead = true
    return this.#queue
  }

  async text(): Promise<string> {
    let text = ''
    for await (const event of this) {
      if (event.type === 'text' && event.choice === 0 && event.channel === 'content')
        text += event.text
      else if (event.type === 'complete') return text
      else if (event.type === 'blocked' || event.type === 'cancelled') throw this.#unfinished(event)
    }
    throw this.#detached()
  }

  cancel(): void {
    if (this.#phase === 'ended' || this.#isCancelled) return
    this.#isCancelled = true
    if (this.#phase === 'waiting' && !this.#wasSent && this.requestId === undefined) {
      const usage = { promptTokens: 0, completionTokens: 0, estimated: false }
      this.#end({ type: 'cancelled', by: 'client', usage })
    } else if (this.#phase === 'paused') this.#wait()
    else this.#sendCancel()
  }

  detach(): void {
    if (this.#phase === 'ended') return
    this.#options.owner.leaves(this)
    this.#phase = 'ended'
    this.#queue.end()
    this.#fail(this.#detached())
    this.#options.owner.ended(this)
  }

  /** Stops the reading at once with `reason`, and the watching. */
  abandon(reason: unknown): void {
    this.#queue.abort(reason)
    this.detach()
  }

  /** Stops the reading at once with `reason`, and the model as soon as the gateway can be told. */
  abort(reason: unknown): void {
    this.#queue.abort(reason)
    this.#fail(reason)
    this.cancel()
  }

  /** Ends it with an error; what came in before can still be read. */
  fail(error: SluiceError): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#fail(error)
    this.#options.owner.ended(this)
  }

  /** Says on a link what is needed to go on. */
  ask(id: string, link: Link): void {
    this.id = id
    this.link = link
    this.#phase = 'asking'
    this.#wasSent = true
    const { request } = this.#options
    if (this.requestId !== undefined) {
      const { epoch, seq } = this.#received
      link.send({ type: 'resume', id, requestId: this.requestId, epoch, after: seq })
    } else if ('init' in request && !link.send({ type: 'init', id, ...request.init })) {
      this.fail(this.#error('message_too_big', 'The request is larger than the gateway takes'))
    }
    if (this.#isCancelled) this.#sendCancel()
  }

  /** The link is gone, or its id is. */
  unlink(): void {
    this.id = undefined
    this.link = undefined
    if (this.#phase === 'asking' || this.#phase === 'watching') this.#phase = 'waiting'
  }

  receive(frame: ServerFrame): void {
    if (this.#phase === 'asking') this.#answered(frame)
    if (frame.type === 'refused') this.#refused(frame.refusal)
    else if (frame.type === 'chunk' && this.#phase === 'watching') this.#chunk(frame)
    else if (frame.type === 'ending' && !this.#misses(frame)) this.#end(frame.ending)
    else if (frame.type === 'failed' && !this.#misses(frame))
      this.fail(this.#failure(frame.refusal))
  }

  #answered(frame: ServerFrame): void {
    if (frame.type !== 'handshake_ack' && frame.type !== 'resumed') return
    this.#phase = 'watching'
    if (frame.type === 'handshake_ack') this.#acknowledge(frame.ack, frame.epoch)
    this.#acknowledged.resolve(undefined)
  }

  #acknowledge(ack: Acknowledged, epoch: number): void {
    this.requestId = ack.requestId
    this.#received.epoch = epoch
    this.#acknowledged.resolve(ack)
  }

  #chunk({ from, seq, piece }: { from: number; seq: number; piece: Piece }): void {
    if (seq <= this.#received.seq) return
    if (from === this.#received.seq + 1) this.#take(piece, seq)
    else this.#resync()
  }

  #take(piece: Piece, seq: number): void {
    this.#received.seq = seq
    this.#resyncs = 0
    for (const event of eventsOf(piece, seq)) this.#queue.push(event)
    // After a cancel hardly any more comes, and the end must not wait for a reader who has stopped to read.
    const isFull = this.#queue.size > this.#options.maxBufferedCharacters
    if (isFull && !this.#isCancelled) this.#pause()
  }

  /** Whether a terminal came without entries before it that should be there; if so, they are asked for. */
  #misses(frame: ServerFrame & { type: 'ending' | 'failed' }): boolean {
    const isWithdrawn = frame.type === 'ending' && frame.ending.type === 'blocked'
    const isBehind = frame.from > this.#received.seq + 1 && frame.epoch <= this.#received.epoch
    if (!isBehind || isWithdrawn || this.requestId === undefined) return false
    this.#resync()
    return true
  }

  #resync(): void {
    this.#resyncs += 1
    if (this.#resyncs > MAX_RESYNCS) {
      this.fail(this.#error('protocol_violation', 'The gateway leaves entries of the answer out'))
    } else {
      this.#options.owner.leaves(this)
      this.#wait()
    }
  }

  /** The reader is slow: what has come waits, the rest stays with the gateway. */
  #pause(): void {
    this.#options.owner.leaves(this)
    this.#phase = 'paused'
  }

  #wait(): void {
    this.#phase = 'waiting'
    this.#options.owner.waits(this)
  }

  #taken(event: CompletionEvent): void {
    if ('seq' in event) this.position = { epoch: this.#received.epoch, seq: event.seq }
    if (this.#phase === 'paused' && this.#queue.size === 0) this.#wait()
  }

  /** The loop over the events was left. */
  #abandon(): void {
    if (this.#phase === 'ended') return
    if ('init' in this.#options.request) this.abort(new SluiceError('cancelled', 'The reader left'))
    else this.detach()
  }

  #refused(refusal: Refusal): void {
    const { code } = refusal
    // These are about a frame that came too late, not about this completion.
    if (code === 'unknown_id' || code === 'duplicate_id') return
    if (this.#phase !== 'asking' && code !== 'gap') return
    const isElsewhereBetter = code === 'draining' || code === 'unauthorized'
    if (isElsewhereBetter && !this.#wasTurnedAway) {
      this.#wasTurnedAway = true
      this.#options.owner.turnedAway(this)
    } else this.fail(this.#failure(refusal))
  }

  #sendCancel(): void {
    if (this.id !== undefined) this.link?.send({ type: 'cancel', id: this.id })
  }

  #end(ending: Ending): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    if (ending.type === 'blocked' && ending.retracted) this.#queue.clear()
    this.#queue.push(ending)
    this.#queue.end()
    this.#acknowledged.resolve(undefined)
    this.#finished.resolve(ending)
    this.#options.owner.ended(this)
  }

  #fail(error: unknown): void {
    this.#queue.end({ error })
    this.#acknowledged.reject(error)
    this.#finished.reject(error)
  }

  #failure({ code, message, ...rest }: Refusal): SluiceError {
    return new SluiceError(code, message, { ...rest, requestId: rest.requestId ?? this.requestId })
  }

  #detached(): SluiceError {
    return this.#error('detached', 'The completion is not watched any more')
  }

  #error(code: string, message: string): SluiceError {
    return new SluiceError(code, message, { requestId: this.requestId })
  }

  #unfinished({ type, ...rest }: Ending & { type: 'blocked' | 'cancelled' }): SluiceError {
    const why = 'reason' in rest ? rest.reason : `by ${rest.by}`
    return this.#error(type, `The completion was ${type}: ${why}`)
  }
}

function eventsOf(
  { choice, channel, text, toolCall, extra }: Piece,
  seq: number,
): CompletionEvent[] {
  const events: CompletionEvent[] = []
  if (text !== undefined) events.push({ type: 'text', text, choice, channel, seq })
  if (toolCall !== undefined) events.push({ type: 'tool_call', choice, toolCall, seq })
  if (extra !== undefined) events.push({ type: 'extra', choice, extra, seq })
  return events
}
