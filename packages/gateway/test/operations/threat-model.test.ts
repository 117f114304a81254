// The attacks of SECURITY.md, one test each: what an attacker tries, and what the gateway does instead of suffering it.
// The measures in detail, and their limits, are tested in access, door, limits, metrics and planted-values beside this.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { type Message, shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until, untilSteady } from '../harness/until.ts'
import { auditContent } from './audit-records.ts'
import { samplesOf, sumOf } from './exported-metrics.ts'
import { replyTo, upgradeHeaders } from './http-reply.ts'
import { bearer, keyFile } from './key-file.ts'
import { logLines } from './log-lines.ts'
import { flood, frame, gone, OPCODE, rawConnection, rawSocket } from './raw-socket.ts'

const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.js', import.meta.url))
const OFF = { audit: 'off', adminPort: 0 } as const

/** A gateway with an honest client, who has to be served whatever happens. */
async function attacked(options: object = {}) {
  const running = await gatewayOnSandbox({ gateway: { ...OFF, ...options } })
  const honest = await running.connect()
  await honest.ask('sandbox-fast')
  const serves = async () => shapeOf(await honest.ask('sandbox-fast'))
  return { ...running, serves }
}

const SERVED = 'handshake_ack chunk complete'
const running = (model: string) =>
  JSON.stringify({
    type: 'init',
    payload: { modelId: model, messages: [{ role: 'user', content: 'hello' }] },
  })

describe('cross-site WebSocket', () => {
  it('a page of another origin gets 403 before any upgrade, with a key or without one', async () => {
    const { gateway, sandbox, serves } = await attacked()
    for (const more of [
      {},
      { authorization: 'Bearer x' },
      { 'sec-websocket-protocol': 'sluice.v1' },
    ]) {
      const headers = upgradeHeaders({ origin: 'https://evil.example', ...more })
      const { status, body } = await replyTo(gateway.url, { headers })
      const { message } = JSON.parse(body).error
      expect([status, message]).toEqual([403, 'This Origin is not allowed here'])
    }
    expect(sandbox.stats().chatRequests).toBe(1)
    expect(await serves()).toBe(SERVED)
  })
})

describe('DNS rebinding', () => {
  it('a name that leads to loopback is refused by its Host, on both listeners', async () => {
    const { gateway } = await attacked()
    const host = `rebound.example:${gateway.port}`
    const page = { host, origin: `http://${host}` }
    for (const headers of [page, upgradeHeaders(page)]) {
      expect((await replyTo(gateway.url, { headers })).status).toBe(403)
    }
    const admin = `http://127.0.0.1:${gateway.adminPort}`
    expect((await replyTo(admin, { path: '/metrics', headers: { host } })).status).toBe(403)
  })
})

describe('slow-loris', () => {
  it('on the handshake: whoever dawdles over it is cut after ten seconds, and others are served', async () => {
    const { gateway, serves } = await attacked()
    const silent = await rawConnection(gateway.port)
    const slow = await rawConnection(gateway.port)
    slow.write('GET / HTTP/1.1\r\n')
    const drip = setInterval(() => slow.write('x'), 100)
    const ended = Promise.all([gone(silent.resume()), gone(slow.resume())])
    const begunAt = performance.now()
    expect(await serves()).toBe(SERVED)
    await ended
    clearInterval(drip)
    expect(performance.now() - begunAt, "sooner than by Node's own limit").toBeLessThan(55_000)
  })

  it('on the hello: one that comes in pieces has no more time than any other', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, keysFile: keys.path, helloTimeoutMs: 200 },
    })
    const client = await TutorialClient.connect(gateway.url)
    const hello = JSON.stringify({ type: 'hello', token: key })
    // All but the last piece; a ping behind each one says that it has come.
    for (const piece of hello.slice(0, -1)) {
      client.socket.send(piece, { fin: false })
      client.socket.ping()
      await Promise.race([once(client.socket, 'pong'), client.closed])
    }
    expect(await client.closed).toMatchObject({ code: 4408 })
  })
})

describe('sockets that are no good', () => {
  const LIMITS = { addressUnauthenticated: 2, addressSockets: 4 }

  /** Upgrades whose peers never close their side, and the status of each. */
  async function upgrades(port: number, headers: Record<string, string>) {
    const statuses: string[] = []
    for (let i = 0; i < 3; i += 1) {
      const connection = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      connection.on('error', () => {})
      onTestFinished(() => void connection.destroy())
      const lines = Object.entries({ host: '127.0.0.1', ...upgradeHeaders(headers) })
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      connection.write(`GET / HTTP/1.1\r\n${head}\r\n`)
      const [answer] = await once(connection, 'data')
      statuses.push(String(answer).slice(9, 12))
    }
    return statuses
  }

  it.each([
    ['that speak nothing of ours', { 'sec-websocket-protocol': 'other.v9' }],
    ['with a worthless key', { authorization: 'Bearer worthless' }],
  ])('%s are counted until they are gone, and one address has few of them', async (_, headers) => {
    const keys = keyFile()
    await keys.create()
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, keysFile: keys.path, ...LIMITS },
    })
    expect(await upgrades(gateway.port, headers)).toEqual(['101', '101', '429'])
  })

  it('and connections that never ask for anything give way when an address has too many', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, keysFile: keys.path, ...LIMITS },
    })
    const silent = []
    for (let i = 0; i < 4; i += 1) silent.push(await rawConnection(gateway.port))
    const ended = gone((silent[0] as Socket).resume())
    const client = await TutorialClient.connect(gateway.url, [], bearer(key))
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe(SERVED)
    await ended
    expect(silent.map(({ destroyed }) => destroyed)).toEqual([true, false, false, false])
  })

  it('do not have one cut that waits for its answer, and one between two requests goes last', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, keysFile: keys.path, ...LIMITS },
    })
    const ask = async (path: string) => {
      const connection = await rawConnection(gateway.port)
      const body =
        '{"model":"sandbox-stall-mid-stream","messages":[{"role":"user","content":"x"}],"stream":true}'
      const head = `host: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`
      const isGet = path === '/v1/models'
      connection.write(
        isGet
          ? `GET ${path} HTTP/1.1\r\n${head}\r\n`
          : `POST ${path} HTTP/1.1\r\n${head}content-length: ${body.length}\r\n\r\n${body}`,
      )
      await once(connection, 'data')
      return connection.resume()
    }
    const between = await ask('/v1/models')
    const answered = [await ask('/v1/chat/completions'), await ask('/v1/chat/completions')]
    const silent = (await rawConnection(gateway.port)).resume()
    const [silentEnded, betweenEnded] = [gone(silent), gone(between)]
    const more = await ask('/v1/chat/completions')
    await silentEnded
    const last = await ask('/v1/chat/completions')
    await betweenEnded
    await gone((await rawConnection(gateway.port)).resume())
    for (const connection of [...answered, more, last]) expect(connection.destroyed).toBe(false)
  })

  it('are not those that bring a bearer where nobody needs one', async () => {
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, ...LIMITS, addressSockets: 1 },
    })
    for (let i = 0; i < 4; i += 1) {
      const client = await TutorialClient.connect(gateway.url, [], bearer('needless'))
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe(SERVED)
    }
  })
})

describe('frame floods', () => {
  it('of tiny fragments end with the socket, long before the message size', async () => {
    const { gateway, serves } = await attacked()
    const socket = await rawSocket(gateway.port)
    const closed = gone(socket)
    socket.write(frame({ opcode: OPCODE.text, payload: 'x', isFinal: false }))
    const fragment = frame({ opcode: OPCODE.continuation, payload: 'x', isFinal: false })
    await flood(socket, Buffer.concat(Array(1_000).fill(fragment)), 100)
    socket.resume()
    await closed
    expect(await serves()).toBe(SERVED)
  })

  it.each([
    ['pings', frame({ opcode: OPCODE.ping, payload: 'x'.repeat(125) })],
    [
      'requests while one runs',
      frame({ opcode: OPCODE.text, payload: running('sandbox-stall-mid-stream') }),
    ],
  ])(
    'of %s whose answers are not read end with the socket, before the answers pile up',
    async (_, one) => {
      const { gateway, sandbox, serves } = await attacked()
      const socket = await rawSocket(gateway.port)
      const closed = gone(socket)
      const burst = Buffer.concat(Array(500).fill(one))
      await flood(socket, burst, 600)
      expect(sumOf(await samplesOf(gateway), 'sluice_buffered_bytes')).toBeLessThan(2_000_000)
      socket.resume()
      await closed
      await until('the upstream is left', () => sandbox.stats().openStreams === 0)
      expect(await serves()).toBe(SERVED)
    },
  )
})

describe('giant and deeply nested JSON', () => {
  it('over the message size closes with 1009, however it is cut into frames', async () => {
    const { connect, serves } = await attacked({ maxMessageBytes: 100_000 })
    const whole = await connect()
    whole.send('x'.repeat(100_001))
    expect(await whole.closed).toMatchObject({ code: 1009 })
    const cut = await connect()
    for (let i = 0; i < 101; i += 1) cut.socket.send('x'.repeat(1_000), { fin: false })
    expect(await cut.closed).toMatchObject({ code: 1009 })
    expect(await serves()).toBe(SERVED)
  })

  it('deep or wide gets one short message, and stalls nobody', async () => {
    const { connect, serves } = await attacked()
    const client = await connect()
    const messages = Array.from({ length: 50_000 }, () => ({ role: 'user' }))
    for (const [text, refusal] of [
      ['['.repeat(2_000_000), 'nested deeper than 32'],
      [`{"a":`.repeat(500_000), 'nested deeper than 32'],
      [`"${'\\u0041'.repeat(500_000)}"`, 'not a JSON object'],
      [JSON.stringify({ type: 'init', payload: { modelId: 'm', messages } }), '20000 JSON values'],
      [
        JSON.stringify({
          type: 'init',
          payload: { modelId: 'm', messages: messages.slice(0, 5_000) },
        }),
        'at most 512',
      ],
      [
        JSON.stringify({
          type: 'init',
          payload: { modelId: 'm', messages: messages.slice(0, 512) },
        }),
        'and 492 more',
      ],
    ] as const) {
      client.send(text)
      const { type, message } = await client.next()
      expect(type).toBe('error')
      expect(message).toContain(refusal)
      expect(String(message).length).toBeLessThan(3_000)
    }
    expect(await serves()).toBe(SERVED)
  })
})

describe('decompression', () => {
  it('is never agreed on, and a frame that claims to be compressed closes the socket', async () => {
    const { gateway, serves } = await attacked()
    const offer = 'permessage-deflate; client_max_window_bits'
    const headers = upgradeHeaders({ 'sec-websocket-extensions': offer })
    const agreed = await replyTo(gateway.url, { headers })
    expect(agreed.status).toBe(101)
    expect(agreed.headers['sec-websocket-extensions']).toBeUndefined()
    const socket = await rawSocket(gateway.port)
    const closed = gone(socket.resume())
    socket.write(frame({ opcode: OPCODE.text, payload: 'x', isCompressed: true }))
    await closed
    expect(await serves()).toBe(SERVED)
  })
})

const INJECTION = 'x\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1'

describe('header injection', () => {
  it('by model or conversation id changes no header and no path of the upstream', async () => {
    const { connect, sandbox } = await attacked()
    const client = await connect()
    const messages = [{ role: 'user', content: INJECTION, name: INJECTION }]
    const payload = { modelId: INJECTION, messages }
    client.send({ type: 'init', payload, conversationId: INJECTION })
    await client.turn()
    const request = sandbox.requests().at(-1)
    expect(request?.body).toMatchObject({ model: INJECTION })
    expect(JSON.stringify([request?.headers, request?.path]).toLowerCase()).not.toContain('evil')
    expect(sandbox.requests().filter(({ path }) => path.includes('evil'))).toEqual([])
  })

  it('by a key ends with that key being refused', async () => {
    const keys = keyFile()
    await keys.create()
    const { gateway } = await gatewayOnSandbox({ gateway: { ...OFF, keysFile: keys.path } })
    const client = await TutorialClient.connect(gateway.url)
    client.send({ type: 'hello', token: INJECTION })
    const { code, reason } = await client.closed
    expect(code).toBe(4401)
    expect(reason).not.toContain('Evil')
  })
})

describe('log, CSV and terminal injection', () => {
  it('by names that a client chooses reaches no line, cell or terminal', async () => {
    const { logger, text } = logLines()
    const audit = `${keyFile().path}.db`
    const { connect, gateway } = await attacked({ audit, logger })
    const client = await connect()
    const names = [
      '=HYPERLINK("http://evil.example")',
      '+1+1',
      '@SUM(A1)',
      'a\n{"level":60,"msg":"forged"}',
      '\u001b[2J\u001b]0;owned\u0007',
      '\u009b31mred',
      '\u202egnp.exe',
      'a","b","c',
    ]
    for (const name of names) {
      const messages = [{ role: 'user', content: name }]
      client.send({ type: 'init', payload: { modelId: name, messages }, conversationId: name })
      await client.turn()
    }
    await gateway.stop()
    // Whatever is no character to be seen, but the end of a line.
    const obeyed = /[^\P{C}\n]/u
    expect(text()).not.toMatch(obeyed)
    expect(text()).not.toContain('forged')
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['export'],
      ['export', '--format', 'csv'],
      ['stats'],
    ]) {
      const run = promisify(execFile)
      const command = [SLUICE, 'audit', ...args, '--file', audit]
      // Of the machine's own settings none.
      const { stdout } = await run(process.execPath, command, { env: {} })
      expect(stdout).not.toMatch(obeyed)
      if (args.includes('csv')) expect(stdout).not.toMatch(/(^|,)"[=+@-]/m)
      // One record a line, and a header line but in JSON lines.
      const hasHeader = args.includes('csv') || args.join() === 'list'
      const lines = stdout.trimEnd().split('\n').length
      if (args[0] !== 'stats') expect(lines).toBe(names.length + 1 + (hasHeader ? 1 : 0))
    }
  })
})

describe('key guessing', () => {
  it('learns nothing from the answers and fills neither log nor audit nor labels', async () => {
    const { logger, of } = logLines()
    const keys = keyFile()
    const { key } = await keys.create()
    const audit = `${keys.path}.db`
    const { gateway } = await gatewayOnSandbox({
      gateway: { ...OFF, audit, keysFile: keys.path, logger },
    })
    const other = key.endsWith('0') ? '1' : '0'
    const guess = async (i: number) => {
      const secret = String(i).padStart(39, '0')
      // Every second one has the public id of a real key.
      const id = i % 2 === 0 ? key.slice(0, 23) : `sluice_sk_${String(i).padStart(12, '0')}_`
      const { headers } = bearer(`${id}${secret}${other}`)
      await replyTo(gateway.url, { path: '/v1/models', headers })
      const client = await TutorialClient.connect(gateway.url, [], { headers })
      return await client.closed
    }
    const answers: unknown[] = []
    for (let round = 0; round < 10; round += 1) {
      answers.push(
        ...(await Promise.all(Array.from({ length: 20 }, (_, i) => guess(round * 20 + i)))),
      )
    }
    const refusal = JSON.stringify({ code: 4401, reason: 'The key is not known' })
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([refusal]))
    const samples = await samplesOf(gateway)
    expect(sumOf(samples, 'sluice_refused_connections_total', { reason: 'unknown_key' })).toBe(400)
    await gateway.stop()
    const lines = of('refused').map(({ reason, count }) => ({ reason, count }))
    expect(lines).toEqual([
      { reason: 'unknown_key', count: 1 },
      { reason: 'unknown_key', count: 399 },
    ])
    const events = auditContent(audit).events.filter(({ kind }) => kind === 'auth_failure')
    expect(events.map(({ count }) => Number(count)).sort((a, b) => a - b)).toEqual([1, 399])
    expect(events[0]).toMatchObject({ reason: 'unknown_key', address: '127.0.0.1' })
  })
})

describe('resource exhaustion by prompt', () => {
  it('a prompt that is expensive to count and to guard delays others only a little, and never leaves', async () => {
    const { connect, sandbox, serves } = await attacked({
      maxContentCharacters: 1_500_000,
      policy: 'standard',
    })
    const before = sandbox.stats().chatRequests
    const client = await connect()
    const prompts = ['a'.repeat(1_000_000), '4111 '.repeat(200_000), '1'.repeat(1_000_000)]
    for (const content of prompts) {
      client.init('gpt-4', content)
      const heavy = client.turn()
      let longestMs = 0
      let isDone = false
      const watch = async () => {
        while (!isDone) {
          const before = process.cpuUsage()
          await new Promise(setImmediate)
          const { user, system } = process.cpuUsage(before)
          longestMs = Math.max(longestMs, (user + system) / 1_000)
        }
      }
      const watching = watch()
      expect(await serves()).toBe(SERVED)
      const [message] = await heavy
      isDone = true
      await watching
      expect(message?.message).toContain('Context window exceeded')
      // Time of this process's own work, garbage collection included: the slices are milliseconds, a stall is seconds of it.
      expect(longestMs).toBeLessThan(500)
    }
    expect(sandbox.stats().chatRequests).toBe(before + prompts.length)
  })

  it('answers that nobody reads hold the upstream back, and little is kept of them', async () => {
    const { connect, gateway, serves } = await attacked({ requestsPerMinute: 0 })
    const lazy = await Promise.all(Array.from({ length: 20 }, () => connect()))
    for (const client of lazy) {
      client.socket.pause()
      client.init('sandbox-echo', 'a¦'.repeat(2_000))
    }
    const kept = async () => {
      const samples = await samplesOf(gateway)
      return sumOf(samples, 'sluice_log_bytes') + sumOf(samples, 'sluice_buffered_bytes')
    }
    let most = 0
    await untilSteady(async () => {
      const now = await kept()
      most = Math.max(most, now)
      return now
    })
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(20 * 300_000)
    expect(await serves()).toBe(SERVED)
  })
})

describe('metric-label floods', () => {
  it('names that clients make up share one label', async () => {
    const { connect, gateway } = await attacked()
    const client = await connect()
    for (let i = 0; i < 50; i += 1) await client.ask(`made-up-${i}`)
    for (let i = 0; i < 50; i += 1) await client.ask(`gpt-4o-${i}`)
    const samples = await samplesOf(gateway)
    const models = new Set(samples.flatMap(({ labels }) => labels.model ?? []))
    expect(models).toEqual(new Set(['other', 'gpt-4o']))
  })
})

describe('an upstream that echoes secrets', () => {
  it('is not quoted: neither its token nor the prompt comes back', async () => {
    const { logger, text } = logLines()
    const { connect } = await attacked({ logger })
    const client = await connect()
    const messages = await client.ask('sandbox-echo-secrets', 'my secret prompt')
    expect(shapeOf(messages)).toBe('handshake_ack error')
    const told = JSON.stringify(messages) + text()
    expect(told).toContain('upstream answered 400')
    expect(told).not.toContain('my secret prompt')
    expect(told).not.toContain('Bearer')
  })
})

describe('words for clients', () => {
  it('name no address and no setting; the log has them, with the request id', async () => {
    const { logger, of } = logLines()
    const tokenUrl = 'http://127.0.0.1:1/oauth/token?key=SECRET'
    const { connect } = await gatewayOnSandbox({ gateway: { ...OFF, logger, tokenUrl } })
    const client = await connect()
    client.init('sandbox-fast')
    const messages = await client.turn()
    const { message, code, requestId } = messages.at(-1) as Message
    expect(message).toMatch(/the token endpoint refused the connection/)
    expect(JSON.stringify(messages)).not.toMatch(/http|127\.|oauth|[A-Z]+_[A-Z]+/)
    expect(code).toBe('upstream_unavailable')
    const [line] = of('the upstream failed')
    expect(line).toMatchObject({
      requestId,
      errorCode: code,
      errorDetail: tokenUrl.replace('SECRET', '***'),
    })
  })
})
