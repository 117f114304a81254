// The tutorial's callbacks and the gateway as a library: what is told, in which order, and that no callback harms a stream.
import { createGateway, GatewayError, type StreamEvent } from '@sluice/gateway'
import type { AuditLog } from '@sluice/protocol'
import { describe, expect, it, vi } from 'vitest'
import { CallbackQueue } from '../src/callbacks.ts'
import type { CompletionReport } from '../src/completion/terminal.ts'
import { gatewayForTest, gatewayOnSandbox, TEST_SETTINGS } from './harness/gateway-on-sandbox.ts'
import { chunksOf, shapeOf, textOf } from './harness/tutorial-client.ts'
import { until } from './harness/until.ts'

const REPORT: CompletionReport = {
  requestId: 'r',
  conversationId: undefined,
  client: 'c',
  subject: undefined,
  model: 'm',
  modelLabel: 'm',
  upstream: 'seed',
  policy: 'off',
  policyHash: '',
  startedAt: 0,
  status: 'complete',
  cancelledBy: undefined,
  blockedDirection: undefined,
  blockedCategory: undefined,
  errorCode: undefined,
  finishReasons: ['stop'],
  tokensIn: 1,
  tokensInEstimated: false,
  tokensOut: 1,
  tokensOutEstimated: false,
  latencyMs: 1,
  timeToFirstTokenMs: 1,
  retries: 0,
  dropped: 0,
  unshown: {},
  tenant: undefined,
  labels: undefined,
  upstreamStatus: undefined,
  upstreamError: undefined,
  errorMessage: undefined,
  errorDetail: undefined,
  findings: [],
  correlationId: undefined,
}

describe('callbacks', () => {
  it('tell of a completion what its client saw, in order', async () => {
    const events: StreamEvent[] = []
    const order: string[] = []
    const audits: AuditLog[] = []
    const numbers: number[] = []
    const { connect } = await gatewayOnSandbox({
      callbacks: {
        onLatency: (ms) => {
          order.push('latency')
          numbers.push(ms)
        },
        onTokenRate: (rate) => {
          order.push('rate')
          numbers.push(rate)
        },
        onAudit: (auditLog) => {
          order.push('audit')
          audits.push(auditLog)
        },
        onDashboardSync: (event) => {
          order.push(event.type)
          events.push(event)
        },
      },
    })
    const messages = await (await connect()).ask('sandbox-fast', 'Where is my order?')
    await until('the last event is told', () => events.at(-1)?.type === 'complete')
    const chunks = events.filter(({ type }) => type === 'chunk')
    expect(chunks.map(({ data }) => data)).toEqual(chunksOf(messages))
    expect(events.at(-1)).toEqual({
      type: 'complete',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(audits).toEqual([messages.at(-1)?.auditLog])
    expect(order.slice(-4)).toEqual(['latency', 'rate', 'audit', 'complete'])
    expect(numbers.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
  })

  it.each([
    ['sandbox-unsafe', 'blocked', { status: 'blocked', safetyPassed: false, ppiFiltered: false }],
    ['sandbox-pii', 'blocked', { status: 'blocked', safetyPassed: true, ppiFiltered: true }],
    ['sandbox-truncated', 'error', { status: 'failed', safetyPassed: true, ppiFiltered: false }],
    ['sandbox-400', 'error', { status: 'failed', tokenCount: 0 }],
  ])('tell the end of %s once, guarded', async (model, type, auditLog) => {
    const events: StreamEvent[] = []
    const audits: AuditLog[] = []
    const { connect } = await gatewayOnSandbox({
      callbacks: {
        onDashboardSync: (event) => events.push(event),
        onAudit: (audit) => audits.push(audit),
      },
    })
    const client = await connect()
    const messages = await client.ask(model)
    await client.ask('sandbox-fast')
    await until('both ends are told', () => audits.length === 2)
    const first = events.slice(0, events.findIndex((event) => event.type === type) + 1)
    expect(first.filter((event) => event.type !== 'chunk')).toHaveLength(1)
    expect(first.slice(0, -1).map(({ data }) => data)).toEqual(chunksOf(messages))
    expect(audits[0]).toMatchObject({ modelId: model, ...auditLog })
    expect(JSON.stringify(events)).not.toMatch(/malicious|078-05/)
  })

  it('that throw, reject or never return harm nothing', async () => {
    const fail = vi.fn(() => {
      throw new Error('SECRET')
    })
    const reject = vi.fn(() => Promise.reject(new Error('SECRET')))
    const { connect } = await gatewayOnSandbox({
      callbacks: {
        onLatency: fail,
        onTokenRate: reject,
        onAudit: () => new Promise(() => {}),
        onDashboardSync: fail,
      },
    })
    const client = await connect()
    for (let i = 0; i < 3; i += 1) {
      const messages = await client.ask('sandbox-fast', 'Where is my order?')
      expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
      expect(textOf(messages)).toMatch(/letter box\.$/)
    }
    await until('they were called', () => reject.mock.calls.length === 3)
  })

  it('that are slow leave everybody else a turn after each call', async () => {
    let [told, turns] = [0, 0]
    const queue = new CallbackQueue(
      {
        onLatency: () => {
          told += 1
          const end = performance.now() + 3
          while (performance.now() < end);
        },
      },
      Date.now,
    )
    for (let i = 0; i < 30; i += 1) queue.ended(REPORT)
    expect(told, 'nothing is called in the turn of the stream').toBe(0)
    while (told < 30) {
      await new Promise(setImmediate)
      turns += 1
    }
    expect(turns).toBeGreaterThanOrEqual(30)
  })

  it('that do not keep up lose events, which is counted', async () => {
    const onLatency = vi.fn()
    const queue = new CallbackQueue({ onLatency }, Date.now)
    for (let i = 0; i < 10_050; i += 1) queue.ended(REPORT)
    expect(queue.dropped).toBe(50)
    await until('the others are told', () => onLatency.mock.calls.length === 10_000)
  })

  it('are counted when they throw or reject', async () => {
    const fail = () => {
      throw new Error('no')
    }
    const queue = new CallbackQueue(
      { onLatency: fail, onTokenRate: () => Promise.reject(new Error('no')) },
      Date.now,
    )
    queue.ended(REPORT)
    await until('both are counted', () => queue.failed === 2)
  })
})

describe('createGateway', () => {
  it('listens when it resolves, and is gone when it has stopped', async () => {
    const gateway = await createGateway({ ...TEST_SETTINGS, llmBaseUrl: 'http://127.0.0.1:1' })
    const url = gateway.url.replace('ws:', 'http:')
    expect(gateway.port).toBeGreaterThan(0)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    await gateway.stop()
    await expect(fetch(`${url}/readyz`)).rejects.toThrow()
    await gateway.stop()
  })

  it.each([
    [{}, 'LLM_BASE_URL is missing'],
    [{ llmBaseUrl: 'ftp://x' }, 'llmBaseUrl: not allowed; allowed: an http or https URL'],
    [{ llmBaseUrl: 'http://x', port: 70_000 }, 'port: not allowed'],
    [{ llmBaseUrl: 'http://x', prot: 1 }, 'prot: unknown setting'],
    [{ llmBaseUrl: 'http://x', policy: 'none' }, 'no policy is called "none"'],
    [{ llmBaseUrl: 'http://x', llmApiKey: 5 }, 'llmApiKey: not allowed'],
  ])('refuses %o', async (options, problem) => {
    const starting = createGateway({ ...TEST_SETTINGS, ...(options as object) })
    await expect(starting).rejects.toThrow(GatewayError)
    await expect(starting).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(problem),
    })
  })

  it('names a port that is in use, and leaves nothing behind', async () => {
    const first = await gatewayForTest({ llmBaseUrl: 'http://127.0.0.1:1' })
    const second = createGateway({ ...TEST_SETTINGS, llmBaseUrl: 'http://x', port: first.port })
    await expect(second).rejects.toMatchObject({
      code: 'listen',
      message: `Port ${first.port} on 127.0.0.1 is in use. Stop what uses it, or set WS_PORT to another port`,
    })
  })
})
