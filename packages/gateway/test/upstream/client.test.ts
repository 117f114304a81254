// The upstream as a whole over real sockets: one token for everybody, one pause for everybody, and a breaker that rests.
import { setMaxListeners } from 'node:events'
import { startSandbox } from '@sluice/sandbox'
import { Agent } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gatewayConfig } from '../../src/config/gateway-config.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { GatewayError } from '../../src/errors.ts'
import type { AnswerSink } from '../../src/upstream/chat-stream.ts'
import { UpstreamClient } from '../../src/upstream/client.ts'
import { upstreamTarget } from '../../src/upstream/profiles.ts'
import { until } from '../harness/until.ts'

const never = new AbortController().signal
// One signal for a hundred calls is a habit of these tests alone.
setMaxListeners(0, never)
const parameters = { omit: [], maxTokensField: 'max_tokens' } as const
const ignoring: AnswerSink = {
  isFinished: false,
  envelope: () => {},
  role: () => {},
  text: () => {},
  toolCall: () => {},
  extensions: () => {},
  finish: () => {},
  usage: () => {},
  unshown: () => {},
  endEvent: () => {},
  done: () => {},
  onRead: () => {},
  passes: () => true,
}
const credentials = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' }

async function clientOnSandbox(given: Partial<Settings> = {}) {
  const sandbox = await startSandbox({ deltaIntervalMs: 0, rateLimitPerMinute: 100_000 })
  const dispatcher = new Agent()
  onTestFinished(async () => {
    await dispatcher.destroy()
    await sandbox.close()
  })
  const { settings } = gatewayConfig({
    genesysBaseUrl: sandbox.url,
    requestsPerMinute: 0,
    retryBaseDelayMs: 1,
    ...credentials,
    ...given,
  })
  const time = { ms: 0, wallMs: 0 }
  const client = new UpstreamClient({
    target: upstreamTarget(settings),
    dispatcher,
    clock: { now: () => Date.now() + time.wallMs, monotonic: () => performance.now() + time.ms },
  })
  const ask = async (model: string, content = 'hi', signal = never) => {
    let [events, attempts] = [0, 0]
    const stream = await client.open({
      body: client.encode({ modelId: model, messages: [{ role: 'user', content }] }, parameters),
      choices: 1,
      client: 'a',
      signal,
      sink: {
        ...ignoring,
        endEvent: () => {
          events += 1
        },
      },
      onAttempt: () => {
        attempts += 1
      },
    })
    await stream.finished
    return { events, attempts }
  }
  return { sandbox, client, ask, time }
}

const failure = (promise: Promise<unknown>): Promise<GatewayError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => error,
  )

describe('credentials', () => {
  it('are fetched once for a hundred callers', async () => {
    const { sandbox, ask } = await clientOnSandbox()
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('sandbox-fast')))
    expect(answers.every(({ events }) => events > 3)).toBe(true)
    expect(sandbox.stats()).toMatchObject({ tokenRequests: 1, chatRequests: 100 })
  })

  it('fail once for a hundred callers, and are asked for again by the next', async () => {
    const { sandbox, ask } = await clientOnSandbox({ maxAttempts: 1 })
    sandbox.queueFaults({ token: ['500'] })
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => failure(ask('sandbox-fast'))),
    )
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['upstream_unavailable']))
    expect(sandbox.stats().tokenRequests).toBe(1)
    expect((await ask('sandbox-fast')).events).toBeGreaterThan(3)
  })

  it('are refreshed in the background while the old ones still serve', async () => {
    const { sandbox, ask, time } = await clientOnSandbox()
    await ask('sandbox-fast')
    // The life is 24 hours: a minute before its end is soon enough, a minute and a second is not.
    time.ms = 86_400_000 - 61_000 - 1_000
    await ask('sandbox-fast')
    expect(sandbox.stats().tokenRequests).toBe(1)
    time.ms = 86_400_000 - 59_000
    // A token that never comes: whoever waited for it would not be answered.
    sandbox.queueFaults({ token: ['stall'] })
    await ask('sandbox-fast')
    expect(sandbox.stats().tokenRequests).toBe(2)
  })

  it('survive a refresh that fails, and are asked for again after a pause', async () => {
    const { sandbox, ask, time } = await clientOnSandbox()
    await ask('sandbox-fast')
    time.ms = 86_400_000 - 59_000
    sandbox.queueFaults({ token: ['500'] })
    await ask('sandbox-fast')
    await until('the refresh failed', () => sandbox.stats().tokenRequests === 2)
    await ask('sandbox-fast')
    expect(sandbox.stats().tokenRequests).toBe(2)
    time.ms += 6_000
    await ask('sandbox-fast')
    await until('the refresh was tried again', () => sandbox.stats().tokenRequests === 3)
  })

  it('are dropped by a 401 once, however many requests it hits', async () => {
    const { sandbox, ask } = await clientOnSandbox()
    await ask('sandbox-fast')
    sandbox.revoke()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('sandbox-fast')))
    expect(answers.map(({ attempts }) => attempts)).toEqual(Array(20).fill(2))
    expect(sandbox.stats().tokenRequests).toBe(2)
  })

  it('let go of a caller that leaves, and go on for the others', async () => {
    const { sandbox, ask } = await clientOnSandbox()
    sandbox.queueFaults({ token: ['slow'] })
    const controller = new AbortController()
    const leaving = failure(ask('sandbox-fast', 'hi', controller.signal))
    const staying = ask('sandbox-fast')
    await until('the token is asked for', () => sandbox.stats().tokenRequests === 1)
    controller.abort('gone')
    expect(await leaving).toBe('gone')
    expect((await staying).events).toBeGreaterThan(3)
    expect(sandbox.stats().tokenRequests).toBe(1)
  })
})

describe('a clock that is set back', () => {
  it('holds up neither turns nor pauses nor tokens', async () => {
    const { sandbox, ask, time } = await clientOnSandbox({ requestsPerMinute: 3 })
    await ask('sandbox-fast')
    time.wallMs = -86_400_000
    await ask('sandbox-429-once')
    time.ms = 61_000
    await ask('sandbox-fast')
    expect(sandbox.stats()).toMatchObject({ tokenRequests: 1, chatRequests: 4 })
  })
})

describe('a 429', () => {
  it('makes everybody pause, not only the one that met it', async () => {
    const { sandbox, ask, client } = await clientOnSandbox()
    await ask('sandbox-fast')
    const limited = ask('sandbox-429-once')
    await until('it was met', () => sandbox.stats().chatRequests === 2)
    await until('it was understood', () => client.state.retries === 1)
    const others = Array.from({ length: 5 }, () => ask('sandbox-fast'))
    await until('the others wait', () => client.state.waiting === 5)
    expect(sandbox.stats().chatRequests).toBe(2)
    await Promise.all([limited, ...others])
    expect(sandbox.stats().chatRequests).toBe(8)
  })
})

describe('the breaker', () => {
  it('fails fast while the upstream keeps failing, and is not moved by refusals', async () => {
    const { sandbox, ask, client } = await clientOnSandbox({ maxAttempts: 1 })
    await Promise.all(Array.from({ length: 60 }, () => failure(ask('sandbox-400'))))
    expect(client.state.breaker).toBe('closed')
    await Promise.all(Array.from({ length: 90 }, () => failure(ask('sandbox-503'))))
    expect(client.state.breaker).toBe('open')
    const { chatRequests } = sandbox.stats()
    const error = await failure(ask('sandbox-fast'))
    expect(error).toMatchObject({ code: 'upstream_unavailable', retryAfterMs: 5_000 })
    expect(error.message).toBe('the upstream keeps failing; it is not tried for 5000 ms')
    expect(sandbox.stats().chatRequests).toBe(chatRequests)
  })
})

describe('attempts', () => {
  it('are told of one by one, also when the request fails', async () => {
    const { client } = await clientOnSandbox()
    let attempts = 0
    const messages = [{ role: 'user' as const, content: '' }]
    const request = { modelId: 'sandbox-500', messages }
    const onAttempt = () => {
      attempts += 1
    }
    await failure(
      client.open({
        body: client.encode(request, parameters),
        choices: 1,
        client: 'a',
        sink: ignoring,
        signal: never,
        onAttempt,
      }),
    )
    expect(attempts).toBe(3)
  })

  it('are not repeated for a request that waited in vain for its turn', async () => {
    const { ask } = await clientOnSandbox({ requestsPerMinute: 1, queueTimeoutMs: 50 })
    await ask('sandbox-fast')
    const error = await failure(ask('sandbox-fast'))
    expect(error.code).toBe('upstream_rate_limited')
    expect(error.message).toMatch(/^no turn at the upstream within 50 ms: .*pause$/)
  })
})

describe('a token endpoint that refuses the client', () => {
  it('is left alone for a while, by everybody, and asked again after it', async () => {
    const { sandbox, ask, time } = await clientOnSandbox({ clientSecret: 'wrong' })
    const refused = { code: 'upstream_unauthorized' }
    for (let i = 0; i < 5; i += 1) expect(await failure(ask('sandbox-fast'))).toMatchObject(refused)
    expect(sandbox.stats().tokenRequests).toBe(1)
    time.ms += 5_001
    expect(await failure(ask('sandbox-fast'))).toMatchObject(refused)
    expect(sandbox.stats().tokenRequests).toBe(2)
  })
})
