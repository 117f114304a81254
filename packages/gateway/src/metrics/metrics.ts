/**
 * What the gateway tells Prometheus. Labels have few values by construction: a model that nobody knows is `other`, an
 * entity is one of the policies'. Names follow https://prometheus.io/docs/practices/naming.
 */
import type { CompletionObserver } from '../completion/observer.ts'
import type { CompletionReport } from '../completion/terminal.ts'
import { FastHistogram } from './fast-histogram.ts'
import { LabelTotals, type LabelTotalsOptions } from './label-totals.ts'
import { registerProcess } from './process-metrics.ts'
import { Counter, Gauge, Histogram, Registry } from './prometheus.ts'
import { counterIn, gaugeIn } from './read-metrics.ts'

/** What is read when somebody asks, because it is counted elsewhere. */
export interface MetricSources {
  monitor: { readonly size: number; readonly bufferedBytes: number }
  completions: { readonly size: number; readonly held: number }
  memory: { readonly usedBytes: number }
  upstream: {
    readonly state: { waiting: number; retries: number; breaker: 'closed' | 'open' | 'half-open' }
  }
  audit: {
    stats(): { state: string; queued: number; written: number; lost: number; refused: number }
  }
  webhook:
    | {
        stats(): { queued: number; delivered: number; dropped: number; failedAttempts: number }
      }
    | undefined
  callbacks: { readonly failed: number; readonly dropped: number }
  keys: { readonly file: { writtenAt: number; isRefused: boolean } } | undefined
  /** `notAfter` in milliseconds since the epoch. */
  /** `onEnd` is told what became of each text, after how many seconds. */
  detectors: Readonly<
    Record<string, { readonly waiting: number; onEnd: (outcome: string, seconds: number) => void }>
  >
  tls: { readonly current: { certificate: { notAfter: number } } | undefined }
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const LATENCY_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const GAP_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
const DETECTOR_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const RATES = [1, 5, 10, 20, 40, 80, 160, 320]

export class Metrics implements CompletionObserver {
  readonly registry = new Registry()
  readonly #requests: Counter<'outcome' | 'model' | 'error'>
  readonly #latency: Histogram<'outcome'>
  readonly #timeToFirstToken: Histogram<'model'>
  readonly #gap: FastHistogram
  readonly #tokenRate: Histogram<'model'>
  readonly #tokens: Counter<'direction' | 'model' | 'estimated'>
  readonly #findings: Counter<'entity' | 'direction' | 'action'>
  readonly #unshown: Counter<'kind'>
  readonly #refusals: Counter<'reason'>
  readonly #byLabel: LabelTotals

  constructor(labels: LabelTotalsOptions) {
    const registers = [this.registry]
    this.#requests = new Counter({
      name: 'sluice_requests_total',
      help: 'Completions by outcome; error is the code of a failed one.',
      labelNames: ['outcome', 'model', 'error'],
      registers,
    })
    this.#latency = new Histogram({
      name: 'sluice_request_duration_seconds',
      help: 'From init to the terminal.',
      labelNames: ['outcome'],
      buckets: LATENCY_SECONDS,
      registers,
    })
    this.#timeToFirstToken = new Histogram({
      name: 'sluice_time_to_first_token_seconds',
      help: 'From init to the first text of the upstream.',
      labelNames: ['model'],
      buckets: SECONDS,
      registers,
    })
    this.#gap = new FastHistogram({
      name: 'sluice_delta_gap_seconds',
      help: 'Between two reads of deltas from the upstream.',
      buckets: GAP_SECONDS,
      registry: this.registry,
    })
    this.#tokenRate = new Histogram({
      name: 'sluice_tokens_per_second',
      help: 'Tokens of the answer for each second of a completion that ended well.',
      labelNames: ['model'],
      buckets: RATES,
      registers,
    })
    this.#tokens = new Counter({
      name: 'sluice_tokens_total',
      help: 'Tokens of prompts (in) and answers (out).',
      labelNames: ['direction', 'model', 'estimated'],
      registers,
    })
    this.#findings = new Counter({
      name: 'sluice_findings_total',
      help: 'What the guard found, and what became of stand-ins: restored, kept_in_link, unknown.',
      labelNames: ['entity', 'direction', 'action'],
      registers,
    })
    this.#unshown = new Counter({
      name: 'sluice_unshown_total',
      help: 'Parts of answers that came and were not shown, by kind.',
      labelNames: ['kind'],
      registers,
    })
    this.#refusals = new Counter({
      name: 'sluice_refused_connections_total',
      help: 'Sockets and requests that were refused before they began, by reason.',
      labelNames: ['reason'],
      registers,
    })
    this.#byLabel = new LabelTotals(this.registry, labels)
    registerProcess(this.registry)
  }

  /** Adds what is counted elsewhere. */
  watch(sources: MetricSources): void {
    registerTraffic(sources, this.registry)
    registerReports(sources, this.registry)
    registerFiles(sources, this.registry)
    registerDetectors(sources, this.registry)
  }

  /** Notes the time between two reads of one answer. */
  gap(ms: number): void {
    this.#gap.observe(ms / 1000)
  }

  /** Notes a refused socket. `reason` is from a closed list. */
  refused(reason: string): void {
    this.#refusals.inc({ reason })
  }

  ended(report: CompletionReport): void {
    const model = report.modelLabel
    const seconds = report.latencyMs / 1000
    this.#requests.inc({ outcome: report.status, model, error: report.errorCode ?? '' })
    this.#latency.observe({ outcome: report.status }, seconds)
    if (report.timeToFirstTokenMs !== undefined) {
      this.#timeToFirstToken.observe({ model }, report.timeToFirstTokenMs / 1000)
    }
    if (report.status === 'complete' && seconds > 0) {
      this.#tokenRate.observe({ model }, report.tokensOut / seconds)
    }
    this.#tokens.inc(
      { direction: 'in', model, estimated: String(report.tokensInEstimated) },
      report.tokensIn,
    )
    this.#tokens.inc(
      { direction: 'out', model, estimated: String(report.tokensOutEstimated) },
      report.tokensOut,
    )
    for (const { entity, direction, action, count } of report.findings) {
      this.#findings.inc({ entity, direction, action }, count)
    }
    this.#byLabel.count(report)
    for (const [kind, count] of Object.entries(report.unshown)) this.#unshown.inc({ kind }, count)
  }
}

/** Sockets, completions and the upstream. */
function registerTraffic(sources: MetricSources, registry: Registry): void {
  const gauge = gaugeIn(registry)
  const counter = counterIn(registry)
  gauge('sluice_sockets', 'Open sockets.', () => sources.monitor.size)
  gauge('sluice_completions', 'Completions that run.', () => sources.completions.size)
  gauge(
    'sluice_buffered_bytes',
    'Bytes that wait in all sockets.',
    () => sources.monitor.bufferedBytes,
  )
  gauge(
    'sluice_log_bytes',
    'Bytes that logs of completions, answers whose tokens will be counted, and requests on their way to the upstream hold.',
    () => sources.memory.usedBytes,
  )
  gauge(
    'sluice_held_characters',
    'Characters that the guard holds back.',
    () => sources.completions.held,
  )
  gauge(
    'sluice_pacing_queue',
    'Requests that wait for their turn at the upstream.',
    () => sources.upstream.state.waiting,
  )
  gauge('sluice_breaker_open', '1 while the upstream is not tried.', () =>
    sources.upstream.state.breaker === 'open' ? 1 : 0,
  )
  counter(
    'sluice_retries_total',
    'Attempts at the upstream that were repeated.',
    () => sources.upstream.state.retries,
  )
}

/** What is written and sent besides answers. */
function registerReports(sources: MetricSources, registry: Registry): void {
  const gauge = gaugeIn(registry)
  const counter = counterIn(registry)
  gauge(
    'sluice_audit_queue',
    'Audit records that wait to be written.',
    () => sources.audit.stats().queued,
  )
  gauge('sluice_audit_degraded', '1 while the audit cannot be written.', () =>
    sources.audit.stats().state === 'degraded' ? 1 : 0,
  )
  counter(
    'sluice_audit_written_total',
    'Audit records written.',
    () => sources.audit.stats().written,
  )
  counter('sluice_audit_lost_total', 'Audit records lost.', () => sources.audit.stats().lost)
  counter(
    'sluice_audit_refused_total',
    'Requests that strict mode refused while the audit could not be written.',
    () => sources.audit.stats().refused,
  )
  gauge(
    'sluice_dashboard_queue',
    'Dashboard events that wait.',
    () => sources.webhook?.stats().queued ?? 0,
  )
  counter(
    'sluice_dashboard_delivered_total',
    'Dashboard events delivered.',
    () => sources.webhook?.stats().delivered ?? 0,
  )
  counter(
    'sluice_dashboard_dropped_total',
    'Dashboard events dropped.',
    () => sources.webhook?.stats().dropped ?? 0,
  )
  counter(
    'sluice_dashboard_failed_attempts_total',
    'Deliveries to the dashboard that failed, each try counted.',
    () => sources.webhook?.stats().failedAttempts ?? 0,
  )
  counter(
    'sluice_callbacks_failed_total',
    'Callbacks that threw or rejected.',
    () => sources.callbacks.failed,
  )
  counter(
    'sluice_callbacks_dropped_total',
    'Callbacks that found their queue full.',
    () => sources.callbacks.dropped,
  )
}

/** The state of files that are read again while the gateway runs. */
function registerFiles(sources: MetricSources, registry: Registry): void {
  const gauge = gaugeIn(registry)
  gauge(
    'sluice_key_file_timestamp_seconds',
    'When the key file in use was written; 0 without one.',
    () => (sources.keys?.file.writtenAt ?? 0) / 1000,
  )
  gauge(
    'sluice_key_file_refused',
    '1 while the key file is gone, not readable or not valid, and the keys read before stay in use.',
    () => (sources.keys?.file.isRefused === true ? 1 : 0),
  )
  gauge(
    'sluice_certificate_expiry_timestamp_seconds',
    "When the listener's certificate ends; 0 without TLS.",
    () => (sources.tls.current?.certificate.notAfter ?? 0) / 1000,
  )
}

/** How long texts took, and what became of them. */
function registerDetectors({ detectors }: MetricSources, registry: Registry): void {
  const durations = new Histogram({
    name: 'sluice_detector_duration_seconds',
    help: 'How long a detector took for a text, waiting included; outcome is judged, cached, or why it failed.',
    labelNames: ['detector', 'outcome'],
    buckets: DETECTOR_SECONDS,
    registers: [registry],
  })
  for (const [name, detector] of Object.entries(detectors))
    detector.onEnd = (outcome, seconds) => durations.observe({ detector: name, outcome }, seconds)
  new Gauge({
    name: 'sluice_detector_queue',
    help: 'Windows of text that wait for a detector.',
    labelNames: ['detector'],
    registers: [registry],
    collect() {
      for (const [name, detector] of Object.entries(detectors))
        this.set({ detector: name }, detector.waiting)
    },
  })
}
