import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ConversationMemory, type MemoryLimits } from '../src/conversation-memory.ts'

const LIMITS: MemoryLimits = {
  ttlMs: 60_000,
  maxSessions: 3,
  maxTurns: 2,
  maxSessionBytes: 100,
  maxBytes: 200,
}

/** A memory whose time is told. */
function memory(limits: Partial<MemoryLimits> = {}) {
  const clock = { ms: 0 }
  const made = new ConversationMemory({ ...LIMITS, ...limits }, () => clock.ms)
  onTestFinished(() => made.close())
  return { memory: made, clock }
}

const turn = (question: string, answer = 'yes') => ({ question, answer })

describe('ConversationMemory', () => {
  it('gives the turns of a session in their order, and of no other', () => {
    const { memory: it } = memory()
    it.add('a', turn('one'))
    it.add('b', turn('other'))
    it.add('a', turn('two'))
    expect(it.turns('a').map(({ question }) => question)).toEqual(['one', 'two'])
    expect(it.turns('c')).toEqual([])
  })

  it('forgets the oldest turns over the number, and over the bytes, of a session', () => {
    const { memory: it } = memory()
    for (const question of ['one', 'two', 'three']) it.add('a', turn(question))
    expect(it.turns('a').map(({ question }) => question)).toEqual(['two', 'three'])
    it.add('a', turn('x'.repeat(90)))
    expect(it.turns('a')).toHaveLength(1)
  })

  it('forgets a session whose newest turn alone is too large', () => {
    const { memory: it } = memory()
    it.add('a', turn('one'))
    it.add('a', turn('ü'.repeat(50)))
    expect([it.turns('a'), it.sessions, it.bytes]).toEqual([[], 0, 0])
  })

  it('forgets the session that was silent longest over the number, and over the bytes, of all', () => {
    const { memory: it } = memory()
    for (const key of ['a', 'b', 'c', 'a', 'd']) it.add(key, turn(key))
    expect(['a', 'b', 'c', 'd'].map((key) => it.turns(key).length)).toEqual([2, 0, 1, 1])
    for (const key of ['e', 'f']) it.add(key, turn('x'.repeat(90)))
    expect(['a', 'c', 'd', 'e', 'f'].map((key) => it.turns(key).length)).toEqual([0, 0, 1, 1, 1])
  })

  it('forgets a session some time after its last turn', () => {
    const { memory: it, clock } = memory()
    it.add('a', turn('one'))
    clock.ms = 40_000
    it.add('a', turn('two'))
    clock.ms = 99_999
    expect(it.turns('a')).toHaveLength(2)
    clock.ms = 100_000
    expect(it.turns('a')).toEqual([])
  })

  it('forgets without being asked', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { memory: it, clock } = memory()
    it.add('a', turn('one'))
    clock.ms = 60_000
    vi.advanceTimersByTime(60_000)
    expect([it.sessions, it.bytes]).toEqual([0, 0])
  })

  it('keeps its bounds whatever is added and forgotten', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      question: fc.string({ maxLength: 120 }),
      forget: fc.boolean(),
      waitMs: fc.integer({ min: 0, max: 30_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { memory: it, clock } = memory()
        for (const { key, question, forget, waitMs } of steps) {
          clock.ms += waitMs
          if (forget) it.forget(key)
          else it.add(key, turn(question))
          expect(it.sessions).toBeLessThanOrEqual(LIMITS.maxSessions)
          expect(it.bytes).toBeLessThanOrEqual(LIMITS.maxBytes)
          expect(it.turns(key).length).toBeLessThanOrEqual(LIMITS.maxTurns)
        }
        for (const key of 'abcde') it.forget(key)
        expect(it.bytes).toBe(0)
        it.close()
      }),
    )
  })
})
