import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../src/webhook/event-queue.ts'

describe('EventQueue', () => {
  it('gives up the oldest', () => {
    const queue = new EventQueue({ events: 2, bytes: 100 })
    expect(['a', 'b', 'c'].map((event) => queue.push(event))).toEqual([0, 0, 1])
    expect(queue.take({ events: 10, bytes: 100 })).toEqual(['b', 'c'])
  })

  it('gives up an event that can never fit, and nothing for it', () => {
    const queue = new EventQueue({ events: 2, bytes: 3 })
    queue.push('a')
    expect(queue.push('long')).toBe(1)
    expect(queue.take({ events: 10, bytes: 10 })).toEqual(['a'])
  })

  it('hands out one event even if it is over the bounds of a batch', () => {
    const queue = new EventQueue({ events: 2, bytes: 100 })
    queue.push('long')
    queue.push('a')
    expect(queue.take({ events: 10, bytes: 2 })).toEqual(['long'])
  })

  it('counts bytes, not characters', () => {
    const queue = new EventQueue({ events: 10, bytes: 6 })
    queue.push('äöü')
    expect([queue.size, queue.bytes]).toEqual([1, 6])
    expect(queue.push('a')).toBe(1)
  })

  it('is the newest suffix that fits, in order, whatever happens to it', () => {
    const push = fc.record({ push: fc.string({ maxLength: 8 }) })
    const take = fc.record({
      events: fc.integer({ min: 1, max: 4 }),
      bytes: fc.integer({ min: 1, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(push, take), { maxLength: 200 }), (steps) => {
        const queue = new EventQueue({ events: 10, bytes: 40 })
        let model: string[] = []
        for (const step of steps) {
          if ('push' in step) {
            model.push(step.push)
            for (let n = queue.push(step.push); n > 0; n -= 1) model.shift()
          } else {
            const taken = queue.take(step)
            expect(taken).toEqual(model.slice(0, taken.length))
            expect(taken.length).toBeLessThanOrEqual(step.events)
            expect(taken.length > 0).toBe(model.length > 0)
            model = model.slice(taken.length)
          }
          const bytes = Buffer.byteLength(model.join(''))
          expect([queue.size, queue.bytes]).toEqual([model.length, bytes])
          expect(queue.size).toBeLessThanOrEqual(10)
          expect(queue.bytes).toBeLessThanOrEqual(40)
        }
      }),
    )
  })
})
