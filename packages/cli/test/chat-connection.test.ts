// `sluice chat` over a connection that breaks: the answer is whole all the same, and Ctrl-C stops the model.
import { describe, expect, it } from 'vitest'
import { type Peer, ScriptedServer } from '../../client/test/scripted-server.ts'
import { SluiceProcess, sluice } from './sluice-process.ts'

async function acknowledge(peer: Peer): Promise<unknown> {
  const { id } = await peer.frame()
  peer.send({ type: 'handshake_ack', id, requestId: 'r1', epoch: 1, tokenCount: 9, dropped: 1 })
  return id
}

describe('sluice chat', () => {
  it('shows the whole answer over a connection that breaks', async () => {
    const server = await ScriptedServer.start()
    const ended = sluice(['chat', '--url', server.url, 'Where is it?'])
    const first = await server.peer()
    first.send({ type: 'chunk', id: await acknowledge(first), seq: 1, text: 'On its ' })
    await first.settled()
    first.cut()
    const second = await server.peer()
    const { id, after } = await second.frame()
    expect(after).toBe(1)
    second.send({ type: 'resumed', id })
    second.send({ type: 'chunk', id, seq: 2, text: 'way.' })
    second.send({ type: 'complete', id, seq: 3, usage: { completionTokens: 4 } })
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([0, 'On its way.\n'])
    expect(stderr).toMatch(/9 tokens of prompt, 1 messages left out[\s\S]* · 4 tokens · /)
  })

  it('stops the model when it is interrupted', async () => {
    const server = await ScriptedServer.start()
    const process = new SluiceProcess(['chat', '--url', server.url, 'hi'])
    const peer = await server.peer()
    const id = await acknowledge(peer)
    await process.prints(/tokens of prompt/)
    process.signal('SIGINT')
    expect(await peer.frame()).toEqual({ type: 'cancel', id })
    peer.send({ type: 'cancelled', id, seq: 1, by: 'client' })
    expect((await process.ended).code).not.toBe(0)
  })

  it('says that what it has shown was withdrawn', async () => {
    const server = await ScriptedServer.start()
    const ended = sluice(['chat', '--url', server.url, 'hi'])
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send({ type: 'chunk', id, seq: 1, text: 'Your number is' })
    peer.send({
      type: 'blocked',
      id,
      seq: 2,
      reason: 'PII detected',
      direction: 'output',
      retracted: true,
    })
    const { code, stderr } = await ended
    expect(code).toBe(1)
    expect(stderr).toContain(
      'blocked by the guard: PII detected; what was shown above has been withdrawn',
    )
  })

  it('prints events as JSON', async () => {
    const server = await ScriptedServer.start()
    const ended = sluice(['chat', '--url', server.url, '--json', 'hi'])
    const peer = await server.peer()
    const id = await acknowledge(peer)
    peer.send({
      type: 'error',
      id,
      seq: 1,
      code: 'upstream_timeout',
      message: 'too slow',
      retryable: true,
    })
    const { code, stdout } = await ended
    expect(code).toBe(1)
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types).toEqual(['acknowledged', 'error'])
  })

  it.each([
    [4401, [], 'The gateway asks for a key'],
    [4401, ['--key', 'bad'], ': The gateway closed the connection (4401: no key)'],
    [4406, [], ': The gateway closed the connection (4406: no key)'],
  ])('says why it was refused: %i %j', async (closeCode, args, why) => {
    const server = await ScriptedServer.start()
    const ended = sluice(['chat', '--url', server.url, ...args, 'hi'])
    ;(await server.connection()).close(closeCode, 'no key')
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)])
  })

  it('says at once that nothing listens', async () => {
    const { code, stderr } = await sluice(['chat', '--url', 'ws://127.0.0.1:1', 'hi'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('Start the gateway first')])
  })
})
