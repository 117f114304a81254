// The client that reads events: an answer is right however the network cuts its bytes, also in the middle of a character.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Answer } from '../rig/answer.mjs'
import { createClient } from '../rig/clients.mjs'
import { deltasOf } from '../rig/stream-plan.mjs'

const plan = { deltas: 60, paceMs: 0, seed: 7 }

test('takes an answer whose characters are cut by the network', async () => {
  const server = createServer(async (_, response) => {
    response.socket?.setNoDelay(true)
    for (const delta of deltasOf(plan)) {
      const event = JSON.stringify({ choices: [{ delta: { content: delta } }] })
      for (const byte of Buffer.from(`data: ${event}\n\n`)) {
        response.write(Uint8Array.of(byte))
        if (byte >= 0x80) await turn()
      }
    }
    response.end('data: [DONE]\n\n')
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = createClient('direct', `http://127.0.0.1:${port}`)
  const answer = new Answer(plan)
  await client.complete(plan, answer)
  expect(answer.isLeft).toBe(false)
  client.close()
})
