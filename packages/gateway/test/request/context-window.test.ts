// The context window: the arithmetic, and what a sliding window may and may not leave out.
import type { ChatMessage } from '@sluice/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../../src/errors.ts'
import { type FitOptions, fitContextWindow } from '../../src/request/context-window.ts'

/** Tokens that prime the answer of every prompt. */
const PRIMING = 3

const say = (role: 'system' | 'developer' | 'user', content = 'c'): ChatMessage => ({
  role,
  content,
})
const call = (id: string): ChatMessage => ({
  role: 'assistant',
  tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
})
const result = (id: string): ChatMessage => ({ role: 'tool', content: 'r', tool_call_id: id })
const assistant: ChatMessage = { role: 'assistant', content: 'a' }

function callIdOf(message: ChatMessage): string | undefined {
  return message.role === 'assistant' ? message.tool_calls?.[0]?.id : undefined
}

function fit(messages: readonly ChatMessage[], options: Partial<FitOptions> = {}) {
  return fitContextWindow(messages, {
    counts: messages.map(() => 10),
    overhead: 0,
    contextWindow: undefined,
    reserve: 0,
    onOverflow: 'reject',
    ...options,
  })
}

describe('fitContextWindow', () => {
  it('passes what fits exactly', () => {
    const messages = [say('system'), say('user')]
    expect(fit(messages, { contextWindow: 23 })).toEqual({ messages, tokenCount: 23, dropped: 0 })
  })

  it('checks nothing where the window is unknown', () => {
    expect(fit([say('user')], { counts: [10_000_000] }).dropped).toBe(0)
  })

  it.each([
    [{ contextWindow: 22 }, 'Context window exceeded: 23 > 22'],
    [
      { contextWindow: 30, reserve: 8 },
      'Context window exceeded: 31 > 30 (23 tokens of prompt + 8 reserved by maxTokens)',
    ],
    [{ contextWindow: 25, overhead: 3 }, 'Context window exceeded: 26 > 25'],
    [
      { contextWindow: 22, isAssumed: true },
      "Context window exceeded: 23 > 22. The window of this model is not known, so 22 is assumed; the gateway's operator can say what it is",
    ],
  ])('states the arithmetic: %o', (options, message) => {
    const refused = { name: 'GatewayError', code: 'context_window_exceeded', message }
    expect(() => fit([say('system'), say('user')], options)).toThrow(
      expect.objectContaining(refused),
    )
  })

  it('leaves out the oldest turns, never the instructions', () => {
    const messages = [
      say('system'),
      say('user', 'old'),
      assistant,
      say('developer'),
      say('user', 'new'),
    ]
    const {
      dropped,
      tokenCount,
      messages: kept,
    } = fit(messages, { contextWindow: 43, onOverflow: 'truncate' })
    expect(kept).toEqual([messages[0], assistant, messages[3], messages[4]])
    expect([dropped, tokenCount]).toEqual([1, 43])
  })

  it.each([
    [53, 0],
    [52, 1],
    [43, 1],
    [42, 4],
    [23, 4],
  ])(
    'keeps results with their call or leaves out all: a window of %d',
    (contextWindow, dropped) => {
      const messages = [say('user'), call('1'), result('1'), result('1'), say('user', 'new')]
      const fitted = fit(messages, { contextWindow, onOverflow: 'truncate' })
      expect(fitted.messages).toEqual(messages.slice(dropped))
      expect(fitted.dropped).toBe(dropped)
    },
  )

  it('refuses if not even the newest turn fits', () => {
    const options = { contextWindow: 22, onOverflow: 'truncate' } as const
    expect(() => fit([say('system'), say('user')], options)).toThrow(
      'Context window exceeded: 23 > 22',
    )
  })

  const block = fc.oneof(
    fc.constantFrom('system', 'developer', 'user').map((role) => [say(role as 'user')]),
    fc.constant([assistant]),
    fc
      .tuple(fc.uuid(), fc.integer({ min: 0, max: 3 }))
      .map(([id, results]) => [call(id), ...Array.from({ length: results }, () => result(id))]),
    fc.constant([result('orphan')]),
  )
  const conversation = fc.array(block, { minLength: 1, maxLength: 12 }).chain((blocks) => {
    const messages = blocks.flat()
    const { length } = messages
    return fc.tuple(
      fc.constant(messages),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: length, maxLength: length }),
    )
  })

  it('truncates to the instructions and an unbroken run of the newest turns that fits', () => {
    fc.assert(
      fc.property(
        conversation,
        fc.nat(400),
        fc.nat(20),
        ([messages, counts], contextWindow, reserve) => {
          // Equal messages are told apart by identity.
          const own = messages.map((message) => ({ ...message }))
          const options = {
            counts,
            contextWindow,
            reserve,
            overhead: 5,
            onOverflow: 'truncate',
          } as const
          let fitted: ReturnType<typeof fit>
          try {
            fitted = fit(own, options)
          } catch (error) {
            expect((error as GatewayError).code).toBe('context_window_exceeded')
            return
          }
          const kept = own.map((message) => fitted.messages.includes(message))
          expect(fitted.messages).toEqual(own.filter((_, i) => kept[i]))
          expect(fitted.dropped).toBe(kept.filter((isKept) => !isKept).length)
          const tokens = counts.reduce((sum, count, i) => sum + (kept[i] ? count : 0), 5 + PRIMING)
          expect(fitted.tokenCount).toBe(tokens)
          expect(tokens + reserve).toBeLessThanOrEqual(contextWindow)
          const isFixed = own.map(({ role }) => role === 'system' || role === 'developer')
          expect(isFixed.every((fixed, i) => !fixed || kept[i])).toBe(true)
          const turns = kept.filter((_, i) => !isFixed[i])
          expect(turns, 'what is kept is the end').toEqual([...turns].sort())
          own.forEach((message, i) => {
            if (message.role !== 'tool' || !kept[i] || fitted.dropped === 0) return
            const called = own.findIndex(
              (candidate) => callIdOf(candidate) === message.tool_call_id,
            )
            if (called !== -1) expect(kept[called], 'the call of a kept result').toBe(true)
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
