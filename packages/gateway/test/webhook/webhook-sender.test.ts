import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../src/webhook/signature.ts'
import {
  type Answer,
  createSender,
  event,
  NOW,
  numbers,
  SECRET,
  startReceiver,
} from './receiver.ts'

/** Only a failure takes so long. */
const PATIENCE_MS = 60_000

describe('WebhookSender', () => {
  it('delivers events in order, in batches of the size set', async () => {
    const hook = await startReceiver()
    const sender = createSender({ url: hook.url, maxBatchEvents: 4 })
    for (let n = 0; n < 10; n += 1) sender.push(event(n))
    await sender.close(PATIENCE_MS)
    expect(numbers(hook)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ])
    expect(sender.stats()).toMatchObject({ queued: 0, queuedBytes: 0, delivered: 10, dropped: 0 })
  })

  it('delivers a batch that is not full when the interval is over', async () => {
    const hook = await startReceiver()
    const sender = createSender({ url: hook.url })
    sender.push(event(1))
    await expect.poll(() => numbers(hook)).toEqual([[1]])
    sender.push(event(2))
    await expect.poll(() => numbers(hook)).toEqual([[1], [2]])
  })

  it('fills a batch no further than its bytes', async () => {
    const hook = await startReceiver()
    const sender = createSender({ url: hook.url, maxBatchBytes: 200 })
    for (let n = 0; n < 5; n += 1)
      sender.push({ ...event(n), data: { n, padding: 'x'.repeat(50) } })
    await sender.close(PATIENCE_MS)
    expect(numbers(hook)).toEqual([[0], [1], [2], [3], [4]])
  })

  it('signs each delivery so that the receiver can verify it', async () => {
    const hook = await startReceiver()
    const sender = createSender({ url: hook.url })
    sender.push({ type: 'complete', timestamp: '2026-01-01T00:00:00.000Z' })
    await sender.close(PATIENCE_MS)
    const [received] = hook.received
    if (received === undefined) throw new Error('nothing was received')
    const { headers, text, body } = received
    const signed = {
      secret: SECRET,
      timestamp: String(headers['sluice-timestamp']),
      signature: String(headers['sluice-signature']),
      now: () => NOW,
    }
    expect(verifySignature({ ...signed, body: text })).toBe(true)
    expect(verifySignature({ ...signed, body: `${text} ` })).toBe(false)
    expect(headers['content-type']).toBe('application/json')
    expect(body).toEqual({
      events: [{ type: 'complete', timestamp: '2026-01-01T00:00:00.000Z' }],
      sentAt: '2026-01-01T00:00:00.000Z',
      dropped: 0,
    })
  })

  it.each<Answer>([500, 503, 408, 425, 429, 'hang up', 'hang', 'endless'])(
    'delivers again, the same and under the same id, after %s',
    async (answer) => {
      const hook = await startReceiver(answer, answer)
      const isSilent = answer === 'hang' || answer === 'endless'
      const sender = createSender({ url: hook.url, timeoutMs: isSilent ? 1_000 : PATIENCE_MS })
      sender.push(event(1))
      await sender.close(PATIENCE_MS)
      expect(numbers(hook)).toEqual([[1], [1], [1]])
      expect(new Set(hook.received.map(({ headers }) => headers['sluice-delivery'])).size).toBe(1)
      expect(new Set(hook.received.map(({ text }) => text)).size).toBe(1)
      expect(sender.stats()).toMatchObject({ delivered: 1, dropped: 0, failedAttempts: 2 })
    },
  )

  it.each([301, 307, 400, 401, 404, 413])(
    'gives a batch up after %d, and tells of it in the next',
    async (status) => {
      const hook = await startReceiver(status)
      const sender = createSender({ url: hook.url, maxBatchEvents: 2 })
      for (let n = 0; n < 4; n += 1) sender.push(event(n))
      await sender.close(PATIENCE_MS)
      expect(numbers(hook)).toEqual([
        [0, 1],
        [2, 3],
      ])
      expect(hook.received.map(({ body }) => body.dropped)).toEqual([0, 2])
      expect(sender.stats()).toMatchObject({ delivered: 2, dropped: 2 })
    },
  )

  it('tells of every dropped event once, however many batches in a row it gave up', async () => {
    const hook = await startReceiver(404, 404)
    const sender = createSender({ url: hook.url, maxBatchEvents: 2 })
    for (let n = 0; n < 8; n += 1) sender.push(event(n))
    await sender.close(PATIENCE_MS)
    expect(hook.received.map(({ body }) => body.dropped)).toEqual([0, 2, 4, 0])
  })

  it('gives a batch up after the last try', async () => {
    const hook = await startReceiver(500, 500, 500)
    const sender = createSender({ url: hook.url, maxAttempts: 3, maxBatchEvents: 1 })
    sender.push(event(0))
    sender.push(event(1))
    await sender.close(PATIENCE_MS)
    expect(numbers(hook)).toEqual([[0], [0], [0], [1]])
    expect(hook.received.at(-1)?.body.dropped).toBe(1)
  })

  it('keeps the newest while the receiver is down, within its bounds, and counts the others', async () => {
    const hook = await startReceiver('hang')
    const { lines, logger } = captured()
    const sender = createSender({
      url: hook.url,
      timeoutMs: 1_000,
      maxBatchEvents: 10,
      maxQueuedEvents: 50,
      logger,
    })
    for (let n = 0; n < 1_000; n += 1) sender.push(event(n))
    const { queued, dropped } = sender.stats()
    expect(queued).toBeLessThanOrEqual(60)
    expect(queued + dropped).toBe(1_000)
    await sender.close(PATIENCE_MS)
    expect(numbers(hook).flat().at(-1)).toBe(999)
    expect(sender.stats().delivered + sender.stats().dropped).toBe(1_000)
    const told = hook.received.slice(1).reduce((sum, { body }) => sum + body.dropped, 0)
    expect(told).toBe(sender.stats().dropped)
    expect(lines.map(({ msg }) => msg)).toEqual([
      'The webhook does not take events',
      'The webhook takes events again',
    ])
  })

  it('keeps its queue within its bytes', async () => {
    const hook = await startReceiver('hang')
    const sender = createSender({ url: hook.url, maxQueuedBytes: 1_000, maxBatchEvents: 1 })
    for (let n = 0; n < 100; n += 1) {
      sender.push(event(n))
      expect(sender.stats().queuedBytes).toBeLessThanOrEqual(1_000)
    }
    sender.push({ ...event(0), data: 'x'.repeat(2_000) })
    const { queued, dropped } = sender.stats()
    expect(queued + dropped).toBe(101)
  })

  it('ends at the deadline although the receiver hangs, and counts what is left', async () => {
    const hook = await startReceiver('hang')
    const sender = createSender({ url: hook.url, maxBatchEvents: 2, timeoutMs: 1_000_000 })
    for (let n = 0; n < 5; n += 1) sender.push(event(n))
    await sender.close(50)
    expect(sender.stats()).toMatchObject({ queued: 0, delivered: 0, dropped: 5 })
    sender.push(event(6))
    expect(sender.stats().dropped).toBe(6)
  })

  it('ends at the deadline although it waits for the next try', async () => {
    const hook = await startReceiver(500)
    const sender = createSender({
      url: hook.url,
      random: () => 1,
      baseDelayMs: 1_000_000,
      maxDelayMs: 1_000_000,
    })
    sender.push(event(1))
    await expect.poll(() => hook.received.length).toBe(1)
    await sender.close(20)
    expect(sender.stats()).toMatchObject({ delivered: 0, dropped: 1 })
  })

  it('survives a receiver that is not there', async () => {
    const hook = await startReceiver()
    const nowhere = hook.url.replace(/:\d+/, ':1')
    const sender = createSender({ url: nowhere, maxAttempts: 2 })
    sender.push(event(1))
    await sender.close(PATIENCE_MS)
    expect(sender.stats()).toMatchObject({ delivered: 0, dropped: 1, failedAttempts: 2 })
  })

  it('writes neither secret, URL nor event into the log', async () => {
    const hook = await startReceiver(500, 404)
    const { lines, logger } = captured()
    const sender = createSender({
      url: `${hook.url}?token=planted`,
      secret: 'planted secret value',
      logger,
    })
    sender.push({ ...event(1), data: 'planted' })
    await sender.close(PATIENCE_MS)
    expect(lines.length).toBeGreaterThan(0)
    expect(JSON.stringify(lines)).not.toContain('planted')
  })

  it.each([
    ['a URL of another kind', { url: 'ftp://example.com/planted' }],
    ['no URL', { url: 'planted' }],
    ['a short secret', { url: 'https://example.com/', secret: 'planted' }],
  ])('refuses %s without repeating it', (_, options) => {
    expect(() => createSender(options)).toThrow(expect.objectContaining({ code: 'configuration' }))
    expect(() => createSender(options)).not.toThrow(/planted/)
  })
})

function captured() {
  const lines: { msg?: string }[] = []
  return { lines, logger: pino({}, { write: (line) => void lines.push(JSON.parse(line)) }) }
}
