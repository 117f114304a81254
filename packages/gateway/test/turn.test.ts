// The end of a turn: everybody is called once, in order, and what they ask for is done in the same turn.
import { expect, it } from 'vitest'
import { atEndOfTurn } from '../src/turn.ts'

it('calls back after all input of the turn, in order, with what callbacks ask for themselves', async () => {
  const calls: string[] = []
  const note = (name: string) => () => void calls.push(name)
  atEndOfTurn(() => {
    calls.push('deliver')
    atEndOfTurn(note('write'))
  })
  atEndOfTurn(note('deliver another'))
  process.nextTick(note('input'))
  setImmediate(note('next immediate'))
  await new Promise<void>((resolve) => setImmediate(resolve))
  expect(calls).toEqual(['input', 'deliver', 'deliver another', 'write', 'next immediate'])
})

it('serves the next turn as well', async () => {
  let turns = 0
  for (let turn = 1; turn <= 3; turn += 1) {
    await new Promise<void>((resolve) => atEndOfTurn(resolve))
    turns += 1
  }
  expect(turns).toBe(3)
})
