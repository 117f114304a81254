// The meter's law: what it counts is the whole text, and what it keeps for that is in the node's budget until it is done.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import { TokenMeter } from '../../src/completion/token-meter.ts'
import { Scheduler } from '../../src/scheduler.ts'
import { countTokens } from '../../src/tokens/count.ts'
import { loadEncoding } from '../../src/tokens/encoding.ts'

const pieces = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 30 })

describe('a token meter', () => {
  it('counts the whole text however it came, and holds no more than that within the budget', async () => {
    const scheduler = new Scheduler()
    const encoding = await loadEncoding('o200k_base')
    const law = async (texts: readonly string[]): Promise<void> => {
      const budget = new MemoryBudget(1e9)
      const meter = new TokenMeter(budget)
      for (const text of texts) meter.push(text)
      const whole = texts.join('')
      expect(meter.characters).toBe(whole.length)
      expect(budget.usedBytes).toBeLessThanOrEqual(Buffer.byteLength(whole))
      expect(Buffer.byteLength(whole) - budget.usedBytes).toBeLessThan(512 * 3)
      const task = scheduler.task('a')
      const counted = await meter.count('o200k_base', task)
      expect(counted).toBe(await countTokens(whole, { encoding, task }))
      meter.stop()
      expect(budget.usedBytes).toBe(0)
    }
    await fc.assert(fc.asyncProperty(pieces, law))
  })

  it('keeps nothing from when the upstream has counted, and knows how long the answer is', () => {
    const budget = new MemoryBudget(1e9)
    const meter = new TokenMeter(budget)
    meter.push('x'.repeat(10_000))
    expect(budget.usedBytes).toBe(10_000)
    meter.stop()
    meter.push('x'.repeat(10_000))
    expect([budget.usedBytes, meter.characters]).toEqual([0, 20_000])
  })
})
