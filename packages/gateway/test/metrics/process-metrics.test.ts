import { collectDefaultMetrics, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { registerProcess } from '../../src/metrics/process-metrics.ts'

describe('The metrics of the process', () => {
  it('have the names, types and words of prom-client', async () => {
    const [ours, theirs] = [new Registry(), new Registry()]
    registerProcess(ours)
    collectDefaultMetrics({ register: theirs })
    const described = (registry: Registry) =>
      registry
        .getMetricsAsArray()
        .map(({ name, help }) => `${name}: ${help}`)
        .toSorted()
    expect(described(ours)).toEqual(described(theirs))
    const typesOf = async (registry: Registry) =>
      (await registry.metrics()).match(/^# TYPE .*$/gm)?.toSorted()
    expect(await typesOf(ours)).toEqual(await typesOf(theirs))
  })

  it('tell the processor time since the start of the process', async () => {
    const registry = new Registry()
    registerProcess(registry)
    const before = process.cpuUsage()
    const text = await registry.metrics()
    const after = process.cpuUsage()
    for (const kind of ['user', 'system'] as const) {
      const value = Number(
        new RegExp(`^process_cpu_${kind}_seconds_total (.+)$`, 'm').exec(text)?.[1],
      )
      expect(value).toBeGreaterThanOrEqual(before[kind] / 1e6)
      expect(value).toBeLessThanOrEqual(after[kind] / 1e6)
    }
  })
})
