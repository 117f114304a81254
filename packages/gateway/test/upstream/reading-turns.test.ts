// Answers that come faster than they are dealt with: how much of one is taken before others are, and who goes on when.
import { setImmediate as turn } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Scheduler } from '../../src/scheduler.ts'
import { type AnswerSink, ChatStream } from '../../src/upstream/chat-stream.ts'
import type { AnswerReader } from '../../src/upstream/formats/format.ts'
import { openAiFormat } from '../../src/upstream/formats/openai/openai-format.ts'
import { LOOK_BYTES } from '../../src/upstream/reading-turns.ts'

const EVENT = Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)
const DONE = Buffer.from('data: done\n\n')

/** A connection that brings events for as long as it is read. */
class Pouring {
  isPaused = false
  /** Told when it is read again. */
  onResume: () => void = () => {}
  bytes = 0
  /** The events that were read. */
  readonly events: string[] = []
  readonly stream: ChatStream
  readonly #controller: Dispatcher.DispatchController

  constructor(signal = new AbortController().signal) {
    const sink = {
      isFinished: false,
      onRead: () => {},
      passes: () => true,
    } as unknown as AnswerSink
    const reader: AnswerReader = {
      read: (data) => {
        this.events.push(data)
        return data === 'done' ? 'done' : 'chunk'
      },
    }
    const timeouts = { firstByteMs: 60_000, idleMs: 60_000, connectMs: 60_000 }
    const told = { sink, reader, signal, timeouts, clock: systemClock, secrets: [] }
    this.stream = new ChatStream({ ...told, format: openAiFormat, maxEventBytes: 1_000_000 })
    this.#controller = {
      pause: () => {
        this.isPaused = true
      },
      resume: () => {
        this.isPaused = false
        this.onResume()
      },
      abort: () => {},
    } as unknown as Dispatcher.DispatchController
    this.stream.onRequestStart(this.#controller)
    this.stream.onResponseStart(this.#controller, 200, { 'content-type': 'text/event-stream' })
  }

  bring(event: Buffer): void {
    this.bytes += event.length
    this.stream.onResponseData(this.#controller, event)
  }

  pour(): void {
    while (!this.isPaused) this.bring(EVENT)
  }

  end(): void {
    this.stream.onResponseEnd()
  }

  breakOff(): void {
    this.stream.onResponseError(this.#controller, new Error('broken'))
  }
}

function some(count: number): Pouring[] {
  return Array.from({ length: count }, () => new Pouring())
}

// Who has ended keeps its place in line, which tests share.
afterEach(async () => {
  for (let turns = 0; turns < 10; turns += 1) await turn()
})

/** A turn that somebody else has used up. */
function usedTurn(): void {
  const task = new Scheduler().task('somebody')
  while (!task.isOver()) Math.sqrt(2)
}

/** What one read of a connection brings: events that tell their places. */
const READ = Buffer.from(
  Array.from({ length: 600 }, (_, i) => `data: ${String(i).padStart(100, '0')}\n\n`).join(''),
)

describe('answers that pour', () => {
  it('share a turn, and then one of them goes on in each, in line', async () => {
    const all = some(7)
    for (const one of all) one.pour()
    for (const { bytes } of all.slice(1)) {
      expect(bytes, 'little, since the first one had the turn').toBeGreaterThanOrEqual(LOOK_BYTES)
      expect(bytes).toBeLessThan(LOOK_BYTES + EVENT.length)
    }
    const order: number[] = []
    for (const [index, one] of all.entries()) one.onResume = () => order.push(index)
    for (let turns = 0; turns < 20; turns += 1) {
      const before = order.length
      await turn()
      const going = order.slice(before)
      expect(going.length).toBeLessThanOrEqual(1)
      for (const index of going) all[index]?.pour()
    }
    expect(order.length).toBeGreaterThanOrEqual(2 * all.length)
    expect(order).toEqual(order.map((_, i) => i % all.length))
    for (const { stream } of all) await ended(stream)
  })

  it('stop in the middle of what was read when the turn is over, and lose nothing of it', async () => {
    usedTurn()
    const [one] = some(1) as [Pouring]
    one.bring(READ)
    expect(one.isPaused).toBe(true)
    expect(one.events.length).toBe(Math.floor(LOOK_BYTES / (READ.length / 600)))
    while (one.isPaused) await turn()
    expect(one.events).toEqual(Array.from({ length: 600 }, (_, i) => String(i).padStart(100, '0')))
    await ended(one.stream)
  })

  it('bring what was read before they end', async () => {
    const [whole, broken] = some(2) as [Pouring, Pouring]
    usedTurn()
    for (const one of [whole, broken]) one.bring(READ)
    whole.end()
    broken.breakOff()
    await whole.stream.finished
    await expect(broken.stream.finished).rejects.toMatchObject({ code: 'stream_interrupted' })
    expect([whole.events.length, broken.events.length]).toEqual([600, 600])
  })

  it('bring nothing more of it when they are cancelled', async () => {
    const cancel = new AbortController()
    const one = new Pouring(cancel.signal)
    usedTurn()
    one.bring(READ)
    const before = one.events.length
    cancel.abort('cancelled')
    await expect(one.stream.finished).rejects.toBe('cancelled')
    for (let turns = 0; turns < 3; turns += 1) await turn()
    expect(one.events.length).toBe(before)
  })

  it('take turns with computations', async () => {
    const scheduler = new Scheduler()
    const order: string[] = []
    let isComputing = true
    const compute = async () => {
      while (isComputing) {
        await scheduler.task('somebody').next()
        order.push('computation')
      }
    }
    const computed = compute()
    const [one] = some(1) as [Pouring]
    one.onResume = () => order.push('answer')
    for (let turns = 0; turns < 20; turns += 1) {
      usedTurn()
      one.pour()
      await turn()
    }
    isComputing = false
    await computed
    expect(order.length).toBeGreaterThan(10)
    expect(order.slice(2, 10)).toEqual(order.slice(0, 8))
    expect(order[0]).not.toBe(order[1])
    await ended(one.stream)
  })

  it('are not read when their turn comes while a reader is behind, but as soon as it is not', async () => {
    const [one] = some(1) as [Pouring]
    one.pour()
    one.stream.pause()
    await turn()
    await turn()
    expect(one.isPaused).toBe(true)
    one.stream.resume()
    expect(one.isPaused).toBe(false)
    await ended(one.stream)
  })

  it('do not go on before their turn because a reader is no longer behind', async () => {
    const all = some(4)
    for (const one of all) one.pour()
    const last = all[3] as Pouring
    last.stream.pause()
    last.stream.resume()
    expect(last.isPaused).toBe(true)
    for (const { stream } of all) await ended(stream)
  })

  it('are read to the end of their bodies when they are done', async () => {
    const [one] = some(1) as [Pouring]
    one.pour()
    one.bring(DONE)
    await one.stream.finished
    await turn()
    await turn()
    expect(one.isPaused).toBe(false)
  })
})

describe('an answer at a pace', () => {
  it('never waits for a turn', async () => {
    const pouring = some(5)
    const [paced] = some(1) as [Pouring]
    for (let turns = 0; turns < 60; turns += 1) {
      for (const one of pouring) one.pour()
      paced.bring(EVENT)
      expect(paced.isPaused).toBe(false)
      await turn()
    }
    for (const { stream } of [...pouring, paced]) await ended(stream)
  })
})

/** Nothing is left that would keep the process busy. */
async function ended(stream: ChatStream): Promise<void> {
  stream.onResponseEnd()
  await stream.finished
}
