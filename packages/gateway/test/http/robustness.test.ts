// Peers without manners over HTTP: whatever they do, nothing of it stays, and nothing is left at the upstream.
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import {
  chunkEvent,
  FINISH_EVENTS,
  scriptedUpstream,
  USAGE_EVENT,
} from '../harness/scripted-upstream.ts'
import { until, untilSteady } from '../harness/until.ts'
import { keyFile } from '../operations/key-file.ts'
import { gone, rawConnection } from '../operations/raw-socket.ts'
import { chunksOf, httpGateway, MESSAGES, textOf } from './http-gateway.ts'

/** The bytes of a request for a completion. */
function chatRequest(body: object, headers = ''): string {
  const json = JSON.stringify({ model: 'sandbox-slow', messages: MESSAGES, stream: true, ...body })
  const head = `host: 127.0.0.1\r\ncontent-type: application/json\r\n${headers}`
  return `POST /v1/chat/completions HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
}

/** Everything a connection got so far. */
function received(connection: Socket): () => string {
  let text = ''
  connection.on('data', (data) => {
    text += String(data)
  })
  return () => text
}

async function nothingIsLeft({ sandbox, gateway }: Awaited<ReturnType<typeof httpGateway>>) {
  await until('nothing is open at the upstream', () => sandbox.stats().openStreams === 0)
  let bytes = 1
  void (async () => {
    while (bytes > 0) bytes = await metric(gateway, 'sluice_log_bytes')
  })()
  await until('the memory is given back', () => bytes === 0)
  expect(await metric(gateway, 'sluice_completions')).toBe(0)
}

describe('a client that leaves', () => {
  it.each([
    ['in the middle of its headers', (request: string) => request.slice(0, 40)],
    ['in the middle of its body', (request: string) => request.slice(0, -20)],
    ['with the answer on its way', (request: string) => request],
  ])('%s leaves nothing behind, cut or half closed', async (_when, part) => {
    const running = await httpGateway({ gateway: { adminPort: 0 } })
    for (const leave of ['destroy', 'end', 'resetAndDestroy'] as const) {
      for (const stream of [true, false]) {
        const connection = await rawConnection(running.gateway.port)
        const request = chatRequest({ stream })
        connection.write(part(request))
        const isWhole = part(request) === request
        if (isWhole) await until('it is asked', () => running.sandbox.stats().openStreams === 1)
        connection[leave]()
        connection.resume()
        await nothingIsLeft(running)
      }
    }
  })

  it('at any moment leaves nothing behind', async () => {
    const running = await httpGateway({
      gateway: { adminPort: 0 },
      sandbox: { deltaIntervalMs: 1 },
    })
    const moment = fc.record({
      stream: fc.boolean(),
      model: fc.constantFrom('sandbox-default', 'sandbox-slow', 'sandbox-stall-mid-stream'),
      bytes: fc.nat(3_000),
      waitMs: fc.nat(30),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 8 }), async (moments) => {
        await Promise.all(
          moments.map(async ({ stream, model, bytes, waitMs }) => {
            const connection = await rawConnection(running.gateway.port)
            const text = received(connection)
            connection.write(chatRequest({ stream, model }))
            const timer = setTimeout(() => connection.destroy(), waitMs)
            while (!connection.destroyed && text().length < bytes) await new Promise(setImmediate)
            clearTimeout(timer)
            connection.destroy()
          }),
        )
      }),
      { numRuns: 10 },
    )
    await nothingIsLeft(running)
  })
})

describe('requests in line', () => {
  it('are answered in order', async () => {
    const { gateway } = await httpGateway()
    const connection = await rawConnection(gateway.port)
    const text = received(connection)
    const words = ['one', 'two', 'three']
    const requests = words.map((content) =>
      chatRequest({ model: 'sandbox-echo', stream: false, messages: [{ role: 'user', content }] }),
    )
    connection.write(requests.join(''))
    await until('all are answered', () => text().split('HTTP/1.1 200').length === 4)
    const answers = [...text().matchAll(/"content":"(\w+)"/g)].map(([, word]) => word)
    expect(answers).toEqual(words)
  })

  it('are few, and all end with their connection', async () => {
    const running = await httpGateway({ gateway: { adminPort: 0 } })
    const connection = await rawConnection(running.gateway.port)
    connection.resume()
    connection.write(chatRequest({}).repeat(20))
    await until('the first are asked', () => running.sandbox.stats().openStreams === 4)
    expect(await untilSteady(() => running.sandbox.stats().chatRequests)).toBe(4)
    connection.destroy()
    await nothingIsLeft(running)
  })
})

describe('what is no request', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['headers over their size', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is answered and closed: %s', async (_what, bytes, status) => {
    const { gateway } = await httpGateway()
    const connection = await rawConnection(gateway.port)
    const closed = gone(connection)
    const text = received(connection)
    connection.write(bytes)
    await closed
    expect(text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('closes its connection without a word in the middle of an answer', async () => {
    const running = await httpGateway({ gateway: { adminPort: 0 } })
    const connection = await rawConnection(running.gateway.port)
    const closed = gone(connection)
    const text = received(connection)
    connection.write(chatRequest({}))
    await until('the answer has begun', () => text().includes('data: '))
    connection.write('nonsense\r\n\r\n')
    await closed
    expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1)
    await nothingIsLeft(running)
  })
})

describe('a slow client', () => {
  it('that does not finish its body is answered, and closed', async () => {
    const { gateway } = await httpGateway()
    const connection = await rawConnection(gateway.port)
    const closed = gone(connection)
    const text = received(connection)
    connection.write(chatRequest({}).slice(0, -1))
    await closed
    const [head = '', body = ''] = text().split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 408 .*\r\nx-request-id: [0-9a-f]{32}\r\n/s)
    expect(JSON.parse(body).error).toMatchObject({
      ...{ message: 'The request did not arrive within 10 s', type: 'invalid_request_error' },
    })
  })

  it('that sends more than a body may have is told so, and its connection goes on', async () => {
    const { gateway, sandbox } = await httpGateway({ gateway: { maxMessageBytes: 65_536 } })
    const connection = await rawConnection(gateway.port)
    const text = received(connection)
    const head = 'host: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked'
    connection.write(`POST /v1/chat/completions HTTP/1.1\r\n${head}\r\n\r\n`)
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    for (let i = 0; i < 20; i += 1) connection.write(chunk)
    connection.write('0\r\n\r\n')
    await until('it is told', () => text().includes('HTTP/1.1 413'))
    connection.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    await until('it goes on', () => text().includes('HTTP/1.1 200'))
    expect(sandbox.stats().chatRequests).toBe(0)
  })

  it('makes the upstream wait, misses nothing, and is cut when it takes nothing', async () => {
    const pieces = 12_000
    const piece = 'x'.repeat(1_000)
    const upstream = await scriptedUpstream(function* () {
      yield USAGE_EVENT
      for (let i = 0; i < pieces; i += 1) yield chunkEvent(`${i} ${piece}`)
      yield FINISH_EVENTS
    })
    const total = pieces * Buffer.byteLength(chunkEvent(`00000 ${piece}`))
    const generous = { maxAnswerCharacters: 67_108_864, policy: 'off' } as const
    const settings = { llmBaseUrl: upstream.url, ...generous }
    const patient = await gatewayForTest(settings)
    const connection = await rawConnection(patient.port)
    connection.write(chatRequest({ model: 'm' }, 'connection: close\r\n'))
    expect(await untilSteady(() => upstream.sentBytes)).toBeLessThan(total * 0.9)
    const text = received(connection)
    await gone(connection)
    const data = [...text().matchAll(/data: (\{.*\}|\[DONE\])\n\n/g)]
    expect(data.length).toBeGreaterThan(pieces)
    const impatient = await gatewayForTest({ ...settings, stallTimeoutMs: 500 })
    const stalled = await rawConnection(impatient.port)
    stalled.write(chatRequest({ model: 'm' }))
    await until('it is asked', () => upstream.open === 1)
    await until('it is cut, and the upstream let go', () => upstream.open === 0)
  })
})

describe('the end of a gateway', () => {
  it('lets an answer end that runs, and refuses the next', async () => {
    const { complete, gateway, sandbox } = await httpGateway({ sandbox: { deltaIntervalMs: 5 } })
    const running = complete({ stream: true })
    const whole = complete({})
    await until('both run', () => sandbox.stats().openStreams === 2)
    await gateway.drain()
    const text = textOf(chunksOf((await running).body))
    expect(text.length).toBeGreaterThan(20)
    expect(JSON.parse((await whole).body).choices[0].message.content).toBe(text)
  })

  it('of a key is the end of its answers', async () => {
    const keys = keyFile()
    const { key, id } = await keys.create({ tenant: 'acme' })
    const { complete, gateway, sandbox } = await httpGateway({ gateway: { keysFile: keys.path } })
    const asked = { model: 'sandbox-slow', stream: true }
    const answer = complete(asked, { authorization: `Bearer ${key}` })
    await until('it runs', () => sandbox.stats().openStreams === 1)
    await keys.revoke(id)
    await gateway.reloadKeys()
    await until('it is left', () => sandbox.stats().abortedStreams === 1)
    expect((await answer).body).not.toContain('[DONE]')
  })
})
