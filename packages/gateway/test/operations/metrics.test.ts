// What Prometheus is told: that everything is counted, rightly, and that nobody can make it count without bound.
import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { busyGateway } from './busy-gateway.ts'
import { type Sample, samplesOf, sumOf } from './exported-metrics.ts'
import { bearer, keyFile } from './key-file.ts'
import { gone, rawConnection } from './raw-socket.ts'
import { reloadable } from './reloadable.ts'

/** Metrics of the issue, and a label of each that has some. */
const PROMISED: readonly (readonly [what: string, name: string, label?: string])[] = [
  ['requests by outcome', 'sluice_requests_total', 'outcome'],
  ['time to first token', 'sluice_time_to_first_token_seconds_bucket', 'le'],
  ['duration', 'sluice_request_duration_seconds_bucket', 'outcome'],
  ['gap between deltas', 'sluice_delta_gap_seconds_bucket', 'le'],
  ['tokens a second', 'sluice_tokens_per_second_bucket', 'model'],
  ['tokens in and out', 'sluice_tokens_total', 'direction'],
  ['findings by entity and action', 'sluice_findings_total', 'entity'],
  ['characters held', 'sluice_held_characters'],
  ['retries', 'sluice_retries_total'],
  ['breaker', 'sluice_breaker_open'],
  ['queue of the pacing', 'sluice_pacing_queue'],
  ['open sockets', 'sluice_sockets'],
  ['open completions', 'sluice_completions'],
  ['buffered bytes', 'sluice_buffered_bytes'],
  ['bytes of logs', 'sluice_log_bytes'],
  ['event-loop lag', 'nodejs_eventloop_lag_p99_seconds'],
  ['audit queue', 'sluice_audit_queue'],
  ['audit drops', 'sluice_audit_lost_total'],
  ['refused sockets', 'sluice_refused_connections_total', 'reason'],
  ['webhook drops', 'sluice_dashboard_dropped_total'],
]

function labelValues(samples: readonly Sample[], label: string): Set<string> {
  return new Set(samples.flatMap(({ labels }) => labels[label] ?? []))
}

describe('the metrics', () => {
  it('are all there, and count what happened', async () => {
    const { gateway } = await busyGateway()
    const samples = await samplesOf(gateway)
    for (const [what, name, label] of PROMISED) {
      const found = samples.filter((sample) => sample.name === name)
      expect(found.length, what).toBeGreaterThan(0)
      if (label !== undefined) expect(Object.keys(found[0]?.labels ?? {}), what).toContain(label)
    }
    const requests = (labels: object) => sumOf(samples, 'sluice_requests_total', labels)
    expect(requests({})).toBe(7)
    expect(requests({ outcome: 'complete', model: 'sandbox-usage' })).toBe(1)
    expect(requests({ outcome: 'complete', model: 'gpt-4o-mini' })).toBe(1)
    expect(requests({ outcome: 'error', error: 'upstream_unauthorized' })).toBe(1)
    expect(requests({ outcome: 'error', error: 'rate_limited' })).toBe(1)
    expect(sumOf(samples, 'sluice_retries_total')).toBe(1)
    expect(sumOf(samples, 'sluice_sockets')).toBe(1)
    expect(sumOf(samples, 'sluice_completions')).toBe(0)
    expect(sumOf(samples, 'sluice_log_bytes')).toBe(0)
    expect(sumOf(samples, 'sluice_refused_connections_total', { reason: 'malformed' })).toBe(1)
    expect(sumOf(samples, 'sluice_findings_total', { entity: 'CREDIT_CARD' })).toBeGreaterThan(1)
    expect(sumOf(samples, 'sluice_dashboard_delivered_total')).toBeGreaterThan(0)
    expect(
      sumOf(samples, 'sluice_tokens_total', { direction: 'out', estimated: 'false' }),
    ).toBeGreaterThan(0)
    expect(
      sumOf(samples, 'sluice_tokens_total', { direction: 'out', estimated: 'true' }),
    ).toBeGreaterThan(20)
  })

  it('count by tenant and by the labels that are chosen, and show no value with personal data', async () => {
    const keys = keyFile()
    const card = '4111 1111 1111 1111'
    const attributes = [
      { tenant: 'acme', labels: { team: 'billing', site: 'x' } },
      { tenant: 'acme', labels: { team: card } },
      {},
    ]
    const made: string[] = []
    for (const given of attributes) made.push((await keys.create(given)).key)
    const { gateway } = await reloadable({
      adminPort: 0,
      keysFile: keys.path,
      metricLabels: ['tenant', 'team'],
    })
    for (const key of made) {
      const client = await TutorialClient.connect(gateway.url, [], bearer(key))
      await client.ask('sandbox-fast')
    }
    const samples = await samplesOf(gateway)
    const requests = (labels: Record<string, string>) =>
      sumOf(samples, 'sluice_requests_by_label_total', labels)
    expect(requests({ label: 'tenant', value: 'acme', outcome: 'complete' })).toBe(2)
    expect(requests({ label: 'team', value: 'billing' })).toBe(1)
    expect(requests({ label: 'team' })).toBe(2)
    expect(requests({ label: 'site' })).toBe(0)
    expect(JSON.stringify(samples)).not.toContain(card)
    const tokens = { label: 'team', value: 'billing', direction: 'in' }
    expect(sumOf(samples, 'sluice_tokens_by_label_total', tokens)).toBeGreaterThan(0)
  })

  it('have a bounded number of series, whatever names clients make up', async () => {
    const { gateway } = await reloadable(
      { adminPort: 0, maxMessages: 1, requestsPerMinute: 0 },
      { rateLimitPerMinute: 100_000 },
    )
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => TutorialClient.connect(gateway.url)),
    )
    const before = (await samplesOf(gateway)).length
    const names = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? `m${i}` : `gpt-4o-${i}`))
    // Too long a prompt ends each of them before the upstream: 10,000 names are to be counted, not answered.
    const prompt = 'word '.repeat(800)
    const ask = async (client: TutorialClient) => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        await client.ask(name, prompt, { maxTokens: 200_000 })
      }
    }
    await Promise.all(clients.map(ask))
    const samples = await samplesOf(gateway)
    expect(labelValues(samples, 'model')).toEqual(new Set(['other', 'gpt-4o']))
    expect(sumOf(samples, 'sluice_requests_total', { error: 'context_window_exceeded' })).toBe(
      10_000,
    )
    expect(samples.length - before).toBeLessThan(100)
  })

  it('are not made over and over for requests in line: few are answered, and the connection ends', async () => {
    const { gateway } = await gatewayOnSandbox({ gateway: { audit: 'off', adminPort: 0 } })
    const connection = await rawConnection(gateway.adminPort)
    let answers = ''
    connection.on('data', (data) => {
      answers += data
    })
    connection.write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(100))
    await gone(connection)
    const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)
    expect(statuses).toEqual(['200', '200', '200', '200', '429'])
  })
})
