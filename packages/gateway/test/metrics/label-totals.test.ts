import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import type { CompletionReport } from '../../src/completion/terminal.ts'
import { LabelTotals } from '../../src/metrics/label-totals.ts'

/** What the counters read of a report. */
function reportOf(team: string): CompletionReport {
  const read = { status: 'complete', labels: { team }, tokensIn: 1, tokensOut: 2 }
  return read as Partial<CompletionReport> as CompletionReport
}

describe('LabelTotals', () => {
  it('tells a hundred values of a label apart and counts all others together', async () => {
    const registry = new Registry()
    const totals = new LabelTotals(registry, { labels: ['team'], nameOf: (value) => value })
    for (let round = 0; round < 2; round += 1)
      for (let n = 0; n < 1_000; n += 1) totals.count(reportOf(`team-${n}`))
    const metric = await registry.getSingleMetric('sluice_requests_by_label_total')?.get()
    const byValue = new Map(metric?.values.map(({ labels, value }) => [labels.value, value]))
    expect(byValue.size).toBe(101)
    expect(byValue.get('team-99')).toBe(2)
    expect(byValue.get('other')).toBe(1_800)
  })
})
