// What the benchmark's text promises: the same for the same name and prompt, and nothing in it for a policy to touch.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deltasOf, modelName, paceOf, planOf, promptFor, textOf } from '../rig/stream-plan.mjs'

const plan = fc.record({
  deltas: fc.integer({ min: 0, max: 300 }),
  paceMs: fc.integer({ min: 0, max: 1000 }),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
})

test('a model name and a prompt carry the whole plan', () => {
  fc.assert(
    fc.property(plan, (wanted) => {
      expect(planOf(modelName(wanted), promptFor(wanted.seed))).toEqual(wanted)
    }),
  )
})

test.each([
  ['gpt-4', 'stream 1'],
  ['bench-burst-', 'stream 1'],
  ['bench-burst-10', 'stream one'],
  ['bench-paced-20', 'stream 1'],
  ['xbench-burst-10', 'stream 1'],
])('%s with "%s" is no plan', (model, prompt) => {
  expect(planOf(model, prompt)).toBeUndefined()
})

test('a plan always gives the same deltas, as many as it says, none empty', () => {
  fc.assert(
    fc.property(plan, (wanted) => {
      const deltas = [...deltasOf(wanted)]
      expect(deltas).toEqual([...deltasOf({ ...wanted })])
      expect(deltas).toHaveLength(wanted.deltas)
      expect(deltas).not.toContain('')
    }),
  )
})

test('streams of one run have texts and paces of their own', () => {
  const plans = Array.from({ length: 500 }, (_, seed) => ({ deltas: 80, paceMs: 50, seed }))
  expect(new Set(plans.map(textOf)).size).toBe(500)
  expect(new Set(plans.map(paceOf)).size).toBe(500)
  const paces = plans.map(paceOf)
  expect(Math.min(...paces)).toBeGreaterThanOrEqual(37.5)
  expect(Math.max(...paces)).toBeLessThan(62.5)
})

test('the text holds nothing a policy would touch', () => {
  const text = Array.from({ length: 100 }, (_, seed) => textOf({ deltas: 1500, paceMs: 0, seed }))
  const all = text.join('\n')
  expect(all).not.toMatch(/[@_]|\d{3}|:\/\/|malicious|exploit|harmful|bypass/i)
  expect(all).not.toMatch(/\d[ .,:;-]*\d[ .,:;-]*\d/)
})
