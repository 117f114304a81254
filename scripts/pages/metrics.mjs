// docs/metrics.md: what the gateway exports, from its own registry.
import { Metrics } from '../../packages/gateway/dist/metrics/metrics.js'
import { table } from './table.mjs'

const INTRODUCTION = `# Metrics

<!-- Written by scripts/generate.mjs from packages/gateway/src/metrics/metrics.ts. Edit that file, then run \`npm run generate\`. -->

The admin listener (\`SLUICE_ADMIN_PORT\`, 9464 on loopback by default) exports these in Prometheus' text format at \`/metrics\`, and the default metrics
of [prom-client](https://github.com/siimon/prom-client) for process and Node.js, the event loop's lag (\`nodejs_eventloop_lag_seconds\` and its percentiles) among them.

Labels have few values: a model that neither the built-in table nor \`sluice.yaml\` names is \`other\`; outcomes, error codes, entities, actions and reasons are closed lists.
Tenants and labels of clients are counted where \`SLUICE_METRIC_LABELS\` names them, at most 100 values of each: [identity.md](identity.md).`

/** @returns {Promise<string>} */
export async function metricsPage() {
  const metrics = new Metrics({ labels: [], nameOf: (value) => value })
  metrics.watch(NOTHING)
  const { registry } = metrics
  const labels = new Map(
    registry.getMetricsAsArray().map((metric) => [metric.name, metric.labelNames]),
  )
  const own = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('sluice_'))
  const rows = own.map(({ name, type, help }) => {
    const names = (labels.get(name) ?? []).map((label) => `\`${label}\``)
    return [`\`${name}\``, String(type), names.join(', '), help]
  })
  return `${INTRODUCTION}\n\n${table(['metric', 'type', 'labels', 'meaning'], rows)}\n`
}

/** Sources for a registry that nobody reads values from. */
const NOTHING = {
  monitor: { size: 0, bufferedBytes: 0 },
  completions: { size: 0, held: 0 },
  memory: { usedBytes: 0 },
  upstream: { state: { waiting: 0, retries: 0, breaker: 'closed' } },
  keys: undefined,
  tls: { current: undefined },
  detectors: {},
  audit: { stats: () => ({ state: 'off', queued: 0, written: 0, lost: 0, refused: 0 }) },
  webhook: undefined,
  callbacks: { failed: 0, dropped: 0 },
}
