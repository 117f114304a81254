// How much of one connection is read in a turn of the event loop, so that nobody else waits for it.
import { expect, it } from 'vitest'
import { Connection, type ConnectionOptions } from '../../src/server/connection.ts'
import { until } from '../harness/until.ts'

const PING = Buffer.from('{"type":"ping"}')
const IN_A_TURN = 64

/** An admitted connection of which the test gives the turns. */
async function admitted() {
  const seen = { messages: 0, isPaused: false, turns: [] as (() => void)[] }
  const connection = new Connection({
    socket: {
      pause: () => {
        seen.isPaused = true
      },
      resume: () => {
        seen.isPaused = false
      },
      unlimitBytes: () => {},
      meterInput: () => {},
    },
    authenticate: async () => ({ ok: true, principal: { kind: 'key', id: 'a' } }),
    admit: () => ({ onMessage: () => (seen.messages += 1) }),
    intake: {
      small: () => () => ({}),
      incoming: () => ({}),
      turn: () => new Promise<void>((resolve) => seen.turns.push(resolve)),
    },
  } as unknown as ConnectionOptions)
  await connection.begin({ ok: true, credential: undefined })
  return { connection, seen }
}

it('is read no more after so many small messages in a turn, until it is the turn of its client', async () => {
  const { connection, seen } = await admitted()
  const send = (messages: number) => {
    for (let i = 0; i < messages; i += 1) connection.onMessage(PING)
  }
  send(IN_A_TURN - 1)
  await new Promise((resolve) => setImmediate(resolve))
  send(IN_A_TURN - 1)
  expect(seen.isPaused, 'few in each turn').toBe(false)
  // What the packet holds is handled, and nothing more is read.
  send(100)
  expect(seen).toMatchObject({ isPaused: true, messages: 2 * IN_A_TURN + 98 })
  expect(seen.turns.length).toBe(1)
  seen.turns[0]?.()
  await until('it is read again', () => !seen.isPaused)
})
