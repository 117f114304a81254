// Every limit on clients, addresses and the node: what is refused, what that leaves alone, and words that say what, how much, when again.
import { AuditReader } from '@sluice/gateway'
import { describe, expect, it } from 'vitest'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { replyTo, upgradeHeaders } from './http-reply.ts'
import { bearer, keyFile } from './key-file.ts'
import { reloadable } from './reloadable.ts'

type Running = Awaited<ReturnType<typeof reloadable>>
type Limits = Parameters<typeof reloadable>[0]

/** A gateway with these limits and one key; loopback clients without a key have no quota. */
async function limited(limits: Limits, own: object = {}) {
  const keys = keyFile()
  const first = await keys.create({ limits: own })
  const second = await keys.create()
  const running = await reloadable({ keysFile: keys.path, ...limits })
  const connect = (key = first.key) => TutorialClient.connect(running.gateway.url, [], bearer(key))
  return { ...running, connect, first: first.key, second: second.key }
}

async function refusalOf(client: TutorialClient, model = 'sandbox-fast'): Promise<unknown> {
  client.init(model)
  const message = await client.next()
  expect(message.type).toBe('error')
  return message.message
}

/** Starts an answer that lasts, and waits until it has begun. */
async function begin(client: TutorialClient): Promise<void> {
  client.init('sandbox-slow')
  await client.next()
}

function upgradeTo({ gateway }: Running, headers: Record<string, string> = {}) {
  return replyTo(gateway.url, { headers: upgradeHeaders(headers) })
}

const MINUTE = /try again in ([1-9]|[1-5]\d|60) s$/

describe('requests a minute', () => {
  it.each([
    ['of the gateway', { clientRequestsPerMinute: 2 }, {}],
    ["of the client's key", { clientRequestsPerMinute: 1 }, { requestsPerMinute: 2 }],
  ])('%s bound a client on all of its sockets', async (_, limits, own) => {
    const { connect, second } = await limited(limits, own)
    const [a, b] = await Promise.all([connect(), connect()])
    await a.ask('sandbox-fast')
    await b.ask('sandbox-fast')
    const refusal = await refusalOf(a)
    expect(refusal).toMatch(/^Rate limit exceeded: 2 requests a minute for this client; /)
    expect(refusal).toMatch(MINUTE)
    const other = await connect(second)
    expect(shapeOf(await other.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('bound an address over all of its clients', async () => {
    const { connect, second } = await limited({ addressRequestsPerMinute: 2 })
    await (await connect()).ask('sandbox-fast')
    const other = await connect(second)
    await other.ask('sandbox-fast')
    const refusal = await refusalOf(other)
    expect(refusal).toMatch(/^Rate limit exceeded: 2 requests a minute for this address; /)
    expect(refusal).toMatch(MINUTE)
  })

  it('count an IPv6 network as one address: its owner has them all', async () => {
    const { gateway } = await reloadable({
      allowAnonymous: true,
      trustedProxies: ['127.0.0.1'],
      addressRequestsPerMinute: 2,
    })
    const from = async (address: string) => {
      const headers = { 'x-forwarded-for': address }
      const client = await TutorialClient.connect(gateway.url, [], { headers })
      return shapeOf(await client.ask('sandbox-fast'))
    }
    expect(await from('2001:db8:1:2::1')).toContain('complete')
    expect(await from('2001:db8:1:2:ffff::2')).toContain('complete')
    expect(await from('2001:DB8:1:2:a:b:c:d')).toBe('error')
    expect(await from('2001:db8:1:3::1')).toContain('complete')
  })

  it('take a new number at a reload', async () => {
    const { connect, reload } = await limited({ clientRequestsPerMinute: 1 })
    const client = await connect()
    await client.ask('sandbox-fast')
    await refusalOf(client)
    await reload({ clientRequestsPerMinute: 0 })
    for (let i = 0; i < 3; i += 1) await client.ask('sandbox-fast')
  })

  it('do not bind clients without a key on the machine itself', async () => {
    const { connect } = await reloadable({
      clientRequestsPerMinute: 1,
      addressRequestsPerMinute: 1,
    })
    const client = await connect()
    for (let i = 0; i < 3; i += 1) {
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    }
  })
})

describe('tokens a minute', () => {
  it.each([
    ['of the gateway', { clientTokensPerMinute: 5 }, {}],
    ["of the client's key", {}, { tokensPerMinute: 5 }],
  ])('%s let the answer that goes over end, and nothing begin after it', async (_, limits, own) => {
    const { connect, second } = await limited(limits, own)
    const client = await connect()
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
    const refusal = await refusalOf(client)
    expect(refusal).toMatch(/^Rate limit exceeded: 5 tokens a minute for this client; /)
    expect(refusal).toMatch(MINUTE)
    await (await connect(second)).ask('sandbox-fast')
  })

  it('are not overrun by requests that are made at once: what each may cost is reserved', async () => {
    const { connect } = await limited({ clientTokensPerMinute: 100 }, {})
    const clients = await Promise.all(Array.from({ length: 12 }, () => connect()))
    const shapes = await Promise.all(
      clients.map(async (client) => shapeOf(await client.ask('sandbox-slow'))),
    )
    const served = shapes.filter((shape) => shape.endsWith('complete')).length
    expect(served).toBeGreaterThan(1)
    expect(served, 'each reserves its prompt and a tenth of the minute').toBeLessThan(10)
  })

  it('bind clients without a key that come from elsewhere', async () => {
    const { gateway } = await reloadable({
      allowAnonymous: true,
      trustedProxies: ['127.0.0.1'],
      clientTokensPerMinute: 5,
    })
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const client = await TutorialClient.connect(gateway.url, [], { headers })
    await client.ask('sandbox-fast')
    expect(await refusalOf(client)).toMatch(/^Rate limit exceeded: 5 tokens a minute/)
  })
})

describe('clients without a key', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const [HERE, THERE] = [from('203.0.113.9'), from('203.0.113.10')]

  async function anonymous(limits: Limits = {}) {
    const running = await reloadable({
      allowAnonymous: true,
      trustedProxies: ['127.0.0.1'],
      ...limits,
    })
    const complete = (headers: Record<string, string>) =>
      replyTo(running.gateway.url, {
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          model: 'sandbox-fast',
          messages: [{ role: 'user', content: 'hello' }],
        }),
      })
    return { ...running, complete }
  }

  it('have a minute of their own at each address', async () => {
    const { complete } = await anonymous({ clientRequestsPerMinute: 1 })
    expect((await complete(HERE)).status).toBe(200)
    expect((await complete(HERE)).status).toBe(429)
    expect((await complete(THERE)).status).toBe(200)
  })

  it('have idempotency keys of their own at each address', async () => {
    const { complete, sandbox } = await anonymous()
    const key = { 'idempotency-key': 'order-7' }
    const [first, again, other] = [
      await complete({ ...HERE, ...key }),
      await complete({ ...HERE, ...key }),
      await complete({ ...THERE, ...key }),
    ]
    expect(again.headers['x-request-id']).toBe(first.headers['x-request-id'])
    expect(other.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    expect(sandbox.stats().chatRequests).toBe(2)
  })

  it('own their completions together, wherever they are', async () => {
    const { complete, gateway } = await anonymous()
    const { headers } = await complete({ ...HERE, 'x-sluice-on-disconnect': 'continue' })
    const path = `${headers['content-location']}/stream`
    expect((await replyTo(gateway.url, { path, headers: THERE })).status).toBe(200)
  })
})

describe('sockets', () => {
  it.each([
    ['of the gateway', { clientSockets: 2 }, {}],
    ["of the client's key", { clientSockets: 1 }, { sockets: 2 }],
  ])('%s bound a client: one more is closed with 4429', async (_, limits, own) => {
    const { connect, second } = await limited(limits, own)
    const [first] = [await connect(), await connect()]
    const third = await connect()
    const reason = 'This client has 2 open sockets, which is its limit; try again in 1 s'
    expect(await third.closed).toEqual({ code: 4429, reason })
    await (await connect(second)).ask('sandbox-fast')
    first.socket.close()
    await first.closed
    expect(shapeOf(await (await connect()).ask('sandbox-fast'))).toContain('complete')
  })

  it.each([
    [
      'an address',
      { addressSockets: 1 },
      [429, 'This address has 1 open sockets, which is its limit; try again in 1 s'],
    ],
    ['the node', { maxSockets: 1 }, [503, 'The gateway has 1 open sockets; try again in 1 s']],
  ])('bound %s: one more upgrade is refused, until there is room', async (_, limits, refusal) => {
    const running = await limited(limits)
    const client = await running.connect()
    const { status, body, headers } = await upgradeTo(running)
    expect([status, JSON.parse(body).error.message]).toEqual(refusal)
    expect(headers['retry-after']).toBe('1')
    client.socket.close()
    await client.closed
    expect((await upgradeTo(running)).status).toBe(101)
  })

  it.each([
    [
      'an address',
      { addressUnauthenticated: 1 },
      [429, /^This address has 1 sockets that have shown no credential, which is its limit; try/],
    ],
    [
      'the node',
      { maxUnauthenticated: 1 },
      [503, /^1 sockets have shown no credential; try again in 1 s/],
    ],
  ] as const)(
    'without a credential bound %s, and not those that bring one',
    async (...[, limits, [status, body]]) => {
      const running = await limited(limits)
      const silent = await TutorialClient.connect(running.gateway.url)
      const refused = await upgradeTo(running)
      expect(refused.status).toBe(status)
      expect(JSON.parse(refused.body).error.message).toMatch(body)
      await (await running.connect()).ask('sandbox-fast')
      silent.send({ type: 'hello', token: running.first })
      await silent.ask('sandbox-fast')
      expect((await upgradeTo(running)).status).toBe(101)
    },
  )
})

describe('completions', () => {
  it.each([
    ['of the gateway', { clientCompletions: 1 }, {}],
    ["of the client's key", { clientCompletions: 2 }, { completions: 1 }],
  ])('%s bound a client, until one ends', async (_, limits, own) => {
    const { connect, second, sandbox } = await limited(limits, own)
    const [a, b] = [await connect(), await connect()]
    await begin(a)
    expect(await refusalOf(b)).toBe(
      '1 completions of this client already run, which is its limit; try again in 1 s',
    )
    await (await connect(second)).ask('sandbox-fast')
    a.socket.terminate()
    await until('the upstream is left', () => sandbox.stats().openStreams === 0)
    expect(shapeOf(await b.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('of the node are refused beyond its limit, and running ones go on', async () => {
    const { connect } = await limited({ maxCompletions: 2 })
    const [a, b, c] = [await connect(), await connect(), await connect()]
    await begin(a)
    await begin(b)
    expect(await refusalOf(c)).toBe('The gateway already runs 2 completions; try again in 1 s')
    expect((await a.next()).type).toBe('chunk')
  })

  it('of a greedy client leave room for others: it is told its fair share', async () => {
    const { connect, second } = await limited({ maxCompletions: 10 })
    for (let i = 0; i < 7; i += 1) await begin(await connect())
    await begin(await connect(second))
    expect(await refusalOf(await connect())).toBe(
      'The gateway is nearly full; this client has its fair share of 5 completions; try again in 1 s',
    )
    expect(shapeOf(await (await connect(second)).ask('sandbox-fast'))).toContain('complete')
  })
})

describe('messages', () => {
  it('malformed ones beyond 20 a minute close with 4400, also after a reload of that number', async () => {
    const { connect, reload } = await limited({ malformedPerMinute: 3 })
    const flood = async (client: TutorialClient) => {
      for (let i = 0; i < 30; i += 1) client.send('{')
      const { code, reason } = await client.closed
      return { code, reason, answers: client.received.length }
    }
    expect(await flood(await connect())).toEqual({
      code: 4400,
      reason: 'more than 3 malformed messages in a minute',
      answers: 4,
    })
    await reload({ malformedPerMinute: 5 })
    expect((await flood(await connect())).reason).toContain('more than 5')
  })

  it('refused by the rate leave the audit a count and not a record each', async () => {
    const audit = `${keyFile().path}.db`
    const { connect, gateway } = await limited({ clientRequestsPerMinute: 1, audit })
    const client = await connect()
    await client.ask('sandbox-fast')
    for (let i = 0; i < 50; i += 1) await refusalOf(client)
    await gateway.stop()
    const reader = new AuditReader(audit)
    expect([...reader.list()].map(({ status }) => status)).toEqual(['success'])
    const refused = [...reader.events()].filter(({ kind }) => kind === 'refusal')
    expect([...reader.events()].filter(({ kind }) => kind === 'auth_failure')).toEqual([])
    reader.close()
    expect(refused.map((event) => ('count' in event ? event.count : 0)).sort()).toEqual([1, 49])
  })
})
