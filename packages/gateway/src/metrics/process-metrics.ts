/** What Prometheus' libraries tell of every process: prom-client's default metrics under their usual names. */
import { COLLECTORS, type Registry } from './prometheus.ts'
import { counterIn } from './read-metrics.ts'

/** How often the delay of the event loop is measured. */
const EVENT_LOOP_RESOLUTION_MS = 10

export function registerProcess(registry: Registry): void {
  registerProcessorTime(registry)
  const config = { eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS }
  for (const collect of COLLECTORS) collect(registry, config)
}

function registerProcessorTime(registry: Registry): void {
  const counter = counterIn(registry)
  const { cpuUsage } = process
  counter(
    'process_cpu_user_seconds_total',
    'Total user CPU time spent in seconds.',
    () => cpuUsage().user / 1e6,
  )
  counter(
    'process_cpu_system_seconds_total',
    'Total system CPU time spent in seconds.',
    () => cpuUsage().system / 1e6,
  )
  counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', () => {
    const { user, system } = cpuUsage()
    return (user + system) / 1e6
  })
}
