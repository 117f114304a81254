// What voids a run: an answer in which one character is wrong, missing or too many. And nothing else does.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Answer } from '../rig/answer.mjs'
import { textOf } from '../rig/stream-plan.mjs'

const plan = { deltas: 40, paceMs: 20, seed: 7 }
const text = textOf(plan)

test('any split of the right text is right', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      const answer = new Answer(plan)
      const edges = [0, ...cuts.sort((a, b) => a - b), text.length]
      for (let index = 1; index < edges.length; index += 1) {
        answer.add(text.slice(edges[index - 1], edges[index]))
      }
      answer.finish()
      expect(answer.isLeft).toBe(false)
    }),
  )
})

test('one changed character is found wherever it is', () => {
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), (at) => {
      const answer = new Answer(plan)
      answer.add(text.slice(0, at))
      expect(() => answer.add(`\u0000${text.slice(at + 1)}`)).toThrow(
        `wrong text at character ${at}`,
      )
    }),
  )
})

test('an answer that ends early is found', () => {
  const answer = new Answer(plan)
  answer.add(text.slice(0, -1))
  expect(() => answer.finish()).toThrow(`ended at ${text.length - 1} of ${text.length}`)
})

test('an answer that goes on is found', () => {
  const answer = new Answer(plan)
  answer.add(text)
  expect(() => answer.add('!')).toThrow('wrong text')
})

test('a client that leaves halfway leaves once and takes no more', () => {
  let left = 0
  const answer = new Answer(plan, () => {
    left += 1
  })
  answer.add(text.slice(0, text.length - 5))
  answer.add('whatever still came')
  expect(left).toBe(1)
  expect(answer.isLeft).toBe(true)
})

test('lateness counts each arrival of text against the pace', () => {
  const answer = new Answer(plan)
  answer.add(text.slice(0, 10))
  answer.add('')
  answer.add(text.slice(10, 20))
  answer.add(text.slice(20))
  expect(answer.firstLateMs).toBeLessThan(1000)
  expect(answer.gapsLateMs).toHaveLength(2)
})
