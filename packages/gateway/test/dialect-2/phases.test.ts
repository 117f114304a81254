// Whatever a completion waits for: a dropped socket leaves its upstream alone, and a cancel ends it at once.
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { metric } from '../harness/metric.ts'
import { PHASES, type Phase } from '../harness/phases.ts'
import { until } from '../harness/until.ts'

/** A completion in its phase, and the connection that asked for it. */
async function reached(phase: Phase) {
  const stack = await gatewayOnSandbox({ gateway: { adminPort: 0, ...phase.gateway } })
  await phase.prepare?.(stack)
  const { gateway, sandbox } = stack
  const client = await Dialect2Client.connect(gateway.url)
  const followed = client.init(phase.model)
  await until('it is acknowledged', () => followed.requestId !== '')
  await until(`${phase.phase}`, () => phase.isReached(stack, client.received))
  return { gateway, sandbox, client, followed }
}

describe('a cancel', () => {
  it.each(PHASES)('ends the request at the upstream while $phase', async (phase) => {
    const { gateway, sandbox, client, followed } = await reached(phase)
    const other = await Dialect2Client.connect(gateway.url)
    const beside = other.join(followed.requestId)
    other.send({ type: 'cancel', requestId: followed.requestId })
    expect(await ended(followed, beside)).toEqual(['cancelled', 'cancelled'])
    for (const { terminal } of [followed, beside]) expect(terminal).toMatchObject({ by: 'client' })
    await until('no stream is open', () => sandbox.stats().openStreams === 0)
    expect(sandbox.stats().chatRequests).toBe(phase.requests)
    expect([...client.faults, ...other.faults]).toEqual([])
  })
})

describe('the end of a connection', () => {
  it.each(PHASES)('leaves the upstream alone while $phase', async (phase) => {
    const { gateway, sandbox, client, followed } = await reached(phase)
    const sockets = await metric(gateway, 'sluice_sockets')
    client.cut()
    await until('its end is known', async () => (await metric(gateway, 'sluice_sockets')) < sockets)
    expect(await metric(gateway, 'sluice_completions')).toBe(1)
    expect(sandbox.stats().abortedStreams).toBe(0)
    const next = await Dialect2Client.connect(gateway.url)
    next.resume(followed)
    await next.settled()
    expect(followed.terminal).toBeUndefined()
    next.send({ type: 'cancel', requestId: followed.requestId })
    expect(await ended(followed)).toEqual(['cancelled'])
    expect(next.faults).toEqual([])
  })
})
