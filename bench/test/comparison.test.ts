// What a run reports as worse than the run before it.
import { expect, test } from 'vitest'
import { whatGotWorse } from '../rig/comparison.mjs'

const machine = { processor: 'one', cores: 2 }
const before = {
  machine,
  figures: { sluice: { 'burst micros': 10, 'burst ratio': 1.5, 'paced gap p50 ms': -0.1 } },
}

function after(changes: Record<string, number>, on: object = machine) {
  return { machine: on, figures: { sluice: { ...before.figures.sluice, ...changes } } }
}

test.each([
  ['the same run', {}, []],
  ['an improvement', { 'burst micros': 5, 'burst ratio': 1 }, []],
  ['a rise within a tenth', { 'burst micros': 10.9 }, []],
  ['a rise that is noise in a small figure', { 'paced gap p50 ms': 0.3 }, []],
  ['a rise', { 'burst micros': 11.5 }, ['sluice: burst micros was 10.00, is 11.50']],
  [
    'a small figure that grew',
    { 'paced gap p50 ms': 2 },
    ['sluice: paced gap p50 ms was -0.10, is 2.00'],
  ],
])('%s', (_, changes, expected) => {
  expect(whatGotWorse(before, after(changes))).toEqual(expected)
})

test('another machine is compared by ratios alone', () => {
  const elsewhere = after({ 'burst micros': 30, 'burst ratio': 2 }, { processor: 'two', cores: 8 })
  expect(whatGotWorse(before, elsewhere)).toEqual(['sluice: burst ratio was 1.50, is 2.00'])
})

test('a new engine and a new figure are no worse than nothing', () => {
  const grown = {
    machine,
    figures: { newcomer: { 'burst ratio': 9 }, sluice: { 'start ms': 900 } },
  }
  expect(whatGotWorse(before, grown)).toEqual([])
})
