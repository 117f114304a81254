/**
 * One request and its stream, from `init` to the terminal. Runs the request through preparation, upstream and answer into
 * the log, and tells its watchers; knows neither sockets nor message formats.
 *
 *   accepted --ack--> streaming --> complete | blocked | cancelled | error      (from every state, exactly one terminal)
 */
import { randomBytes } from 'node:crypto'
import type { Finding, Policy } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import { GatewayError } from '../errors.ts'
import type { Model } from '../request/models.ts'
import { Blocked, type PreparedRequest, prepareRequest } from '../request/prepare.ts'
import type { OpenStream, UpstreamClient } from '../upstream/client.ts'
import { Answer } from './answer.ts'
import { auditLogOf } from './audit-log.ts'
import { FindingCounts } from './finding-counts.ts'
import { CompletionLog } from './log.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { CompletionObserver } from './observer.ts'
import type { CancelledBy, CompletionReport, Terminal } from './terminal.ts'
import { TokenMeter } from './token-meter.ts'
import type { Followed, Watcher } from './watcher.ts'

export interface CompletionRequest {
  payload: ChatRequest
  policy: Policy
  model: Model
  /** Who asks: the id of the principal, for fair turns and the audit. */
  client: string
  subject: string | undefined
  conversationId: string | undefined
  onOverflow: 'reject' | 'truncate'
  /** Whether the chunks of the upstream may pass as they came (no policy, and a dialect that sends chunks). */
  verbatim: boolean
  /** Takes a place among those that run and returns what gives it back; what it throws refuses the request. */
  place: () => () => void
  /** Takes the request from the client's minute; what it throws refuses the request. */
  admit: () => Promise<void>
  /** Takes the tokens that it cost from the client's minute. */
  spend: (tokens: number) => void
}

export interface CompletionServices {
  upstream: UpstreamClient
  includeUsage: boolean
  memory: MemoryBudget
  /** The most time from `init` to the terminal, in milliseconds. */
  timeoutMs: number
  maxAnswerCharacters: number
  now: () => number
  observers: readonly CompletionObserver[]
  /** Told the time between two reads of an answer, in milliseconds. */
  onGap: (ms: number) => void
  /** Told of an exception that nobody foresaw. */
  unexpected: (error: unknown) => void
}

export class Completion implements Followed {
  /** 128 random bits, so that it cannot be guessed. */
  readonly requestId = randomBytes(16).toString('hex')
  readonly log: CompletionLog
  terminal: Terminal | undefined

  readonly #request: CompletionRequest
  readonly #services: CompletionServices
  readonly #answer: Answer
  readonly #meter = new TokenMeter()
  readonly #findings = new FindingCounts()
  readonly #abort = new AbortController()
  /** Hardly ever more than one: an array is walked faster than a set, three times a delta. */
  #watchers: readonly Watcher[] = []
  readonly #startedAt: number
  #firstTextAt: number | undefined
  #lastReadAt: number | undefined
  #prepared: PreparedRequest | undefined
  #stream: OpenStream | undefined
  #attempts = 0
  #isPaused = false

  constructor(request: CompletionRequest, services: CompletionServices) {
    this.#request = request
    this.#services = services
    this.#startedAt = services.now()
    this.log = new CompletionLog(services.memory)
    this.#answer = new Answer({
      log: this.log,
      policy: request.policy,
      verbatim: request.verbatim,
      maxCharacters: services.maxAnswerCharacters,
      meter: this.#meter,
      onFindings: this.#noteOutput,
    })
  }

  /** Characters that the guard holds back now. */
  get held(): number {
    return this.#answer.held
  }

  attach(watcher: Watcher): void {
    this.#watchers = [...this.#watchers, watcher]
  }

  /** Stops telling `watcher`; does not end the completion. */
  detach(watcher: Watcher): void {
    this.#watchers = this.#watchers.filter((other) => other !== watcher)
    this.#regulate()
  }

  /** Ends the completion in any phase; the upstream's connection is closed before this returns. */
  cancel(by: CancelledBy): void {
    if (this.terminal === undefined) this.#abort.abort(new Cancelled(by))
  }

  /** Runs to the terminal. Never rejects. */
  async run(): Promise<void> {
    const timer = setTimeout(
      () => this.#abort.abort(tooLong(this.#services.timeoutMs)),
      this.#services.timeoutMs,
    )
    let terminal: (report: CompletionReport) => Terminal
    try {
      await this.#stages()
      terminal = (report) => ({
        status: 'complete',
        auditLog: auditLogOf(report),
        finishReasons: report.finishReasons,
      })
    } catch (error) {
      const ended = this.#endedBy(error)
      terminal = () => ended
    } finally {
      clearTimeout(timer)
    }
    const report = await this.#report(terminal)
    this.terminal = terminal(report)
    for (const watcher of this.#watchers) watcher.onLog()
    this.#request.spend(report.tokensIn + report.tokensOut)
    for (const observer of this.#services.observers) observer.ended?.(report)
  }

  /** A watcher took entries, or can take them again. */
  onProgress(): void {
    this.#regulate()
    let taken = this.log.top
    for (const watcher of this.#watchers) taken = Math.min(taken, watcher.cursor)
    this.log.release(taken)
  }

  /** Gives the log's memory back; called when nobody can ask for it any more. */
  dispose(): void {
    this.log.dispose()
  }

  async #stages(): Promise<void> {
    const { signal } = this.#abort
    const { upstream, includeUsage, observers } = this.#services
    const { payload, policy, model, onOverflow, client } = this.#request
    await this.#request.admit()
    const prepared = await prepareRequest(payload, {
      policy,
      model,
      onOverflow,
      includeUsage,
      signal,
      onFindings: (findings) => this.#findings.add('input', findings),
    })
    signal.throwIfAborted()
    this.#prepared = prepared
    for (const watcher of this.#watchers) watcher.onAck(prepared)
    for (const observer of observers) await observer.began?.(this.#snapshot())
    signal.throwIfAborted()
    this.#stream = await upstream.open({
      body: prepared.body,
      client,
      signal,
      sink: { onEvent: this.#onEvent, onRead: this.#onRead },
      onAttempt: () => {
        this.#attempts += 1
      },
    })
    this.#regulate()
    await this.#stream.finished
    this.#answer.end()
  }

  #onEvent = (data: string, event: string): void => {
    this.#answer.onEvent(data, event)
    if (this.#firstTextAt === undefined && this.#meter.characters > 0)
      this.#firstTextAt = this.#services.now()
  }

  #onRead = (): void => {
    const now = performance.now()
    if (this.#lastReadAt !== undefined) this.#services.onGap(now - this.#lastReadAt)
    this.#lastReadAt = now
    for (const watcher of this.#watchers) watcher.onLog()
  }

  #noteOutput = (findings: readonly Finding[]): void => this.#findings.add('output', findings)

  /** The upstream waits while a watcher that must not miss anything is behind. */
  #regulate(): void {
    let isBehind = false
    for (const watcher of this.#watchers) isBehind ||= watcher.isBehind
    if (isBehind === this.#isPaused || this.#stream === undefined) return
    this.#isPaused = isBehind
    if (isBehind) this.#stream.pause()
    else this.#stream.resume()
  }

  #endedBy(error: unknown): Terminal {
    if (error instanceof Cancelled) return { status: 'cancelled', by: error.by }
    if (error instanceof Blocked) return { status: 'blocked', ...error }
    const hadBegun = this.#stream !== undefined
    if (error instanceof GatewayError) return { status: 'error', error, hadBegun }
    this.#services.unexpected(error)
    const internal = new GatewayError('internal', 'an unexpected failure of the gateway', {
      cause: error,
    })
    return { status: 'error', error: internal, hadBegun }
  }

  async #report(terminal: (report: CompletionReport) => Terminal): Promise<CompletionReport> {
    const report = this.#snapshot()
    const counted = this.#answer.completionTokens
    report.tokensOut = counted ?? (await this.#meter.count(this.#request.model.encoding))
    report.tokensOutEstimated = counted === undefined
    report.latencyMs = this.#services.now() - this.#startedAt
    const end = terminal(report)
    report.status = end.status
    if (end.status === 'cancelled') report.cancelledBy = end.by
    if (end.status === 'error') {
      report.errorCode = end.error.code
      report.correlationId ??= end.error.correlationId
    }
    if (end.status === 'blocked') {
      report.blockedDirection = end.direction
      report.blockedCategory = end.category
    }
    return report
  }

  #snapshot(): CompletionReport {
    const { payload, policy, model, client, subject, conversationId } = this.#request
    const { promptTokens, finishReasons } = this.#answer
    const stream = this.#stream
    return {
      requestId: this.requestId,
      conversationId,
      client,
      subject,
      model: payload.modelId,
      modelLabel: model.label,
      upstream: this.#services.upstream.name,
      policy: policy.name,
      policyHash: policy.hash,
      startedAt: this.#startedAt,
      status: 'complete',
      cancelledBy: undefined,
      blockedDirection: undefined,
      blockedCategory: undefined,
      errorCode: undefined,
      finishReasons,
      tokensIn: promptTokens ?? this.#prepared?.tokenCount ?? 0,
      tokensInEstimated: promptTokens === undefined,
      tokensOut: 0,
      tokensOutEstimated: true,
      latencyMs: 0,
      timeToFirstTokenMs:
        this.#firstTextAt === undefined ? undefined : this.#firstTextAt - this.#startedAt,
      retries: Math.max(0, this.#attempts - 1),
      dropped: this.#prepared?.dropped ?? 0,
      findings: this.#findings.counts,
      correlationId: stream?.correlationId,
    }
  }
}

/** The reason of an abort that somebody asked for. */
class Cancelled {
  readonly by: CancelledBy

  constructor(by: CancelledBy) {
    this.by = by
  }
}

function tooLong(timeoutMs: number): GatewayError {
  const message = `the completion took longer than ${timeoutMs} ms (SLUICE_COMPLETION_TIMEOUT_MS)`
  return new GatewayError('upstream_timeout', message)
}
