/**
 * One request and its stream, from the order to the terminal. Runs the request through preparation, upstream and answer into
 * its feed; knows neither sockets nor message formats, nor who follows.
 *
 *   accepted --ack--> streaming --> complete | blocked | cancelled | error      (from every state, exactly one terminal)
 */
import type { Finding, Pseudonyms } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import { quotaNameOf } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import { GatewayError, internalError } from '../errors.ts'
import { FindingCounts } from '../request/finding-counts.ts'
import { Blocked, type PreparedRequest, prepareRequest } from '../request/prepare.ts'
import type { Scheduler } from '../scheduler.ts'
import type { OpenStream, UpstreamClient } from '../upstream/client.ts'
import { Answer } from './answer.ts'
import type { Ack, Feed } from './feed.ts'
import type { Hold, MemoryBudget } from './memory-budget.ts'
import type { CompletionObserver } from './observer.ts'
import type { Order, Quotas } from './order.ts'
import { standInCounts, standInsFor } from './stand-ins.ts'
import { type CancelledBy, type CompletionReport, noteOutcome, type Outcome } from './terminal.ts'
import { Timing } from './timing.ts'
import { TokenMeter } from './token-meter.ts'

export interface CompletionServices {
  upstream: UpstreamClient
  quotas: Quotas
  /** Whose turns preparing and counting take. */
  scheduler: Scheduler
  memory: MemoryBudget
  /** The most time from `init` to the terminal, in milliseconds. */
  timeoutMs: number
  maxAnswerCharacters: number
  /** Secret, from which stand-ins are derived. */
  standInKey: Uint8Array
  clock: Clock
  observers: readonly CompletionObserver[]
  diagnostics: Diagnostics
}

/** Whoever is told what is no completion's own affair. */
export interface Diagnostics {
  /** The time between two reads of an answer, in milliseconds. */
  gap(ms: number): void
  /** An exception that nobody foresaw. */
  unexpected(error: unknown): void
}

/** A larger request is hashed, and written as a body, in turns of its own. */
export const TURN_BYTES = 16_384

export class Completion {
  /** The order without its request, which is dropped as soon as the upstream can have it. */
  readonly #order: Omit<Order, 'request'>
  readonly #modelId: string
  readonly #choices: number
  readonly #hold: Hold
  #request: ChatRequest | undefined
  #body: Buffer | undefined
  readonly #feed: Feed
  readonly #services: CompletionServices
  readonly #answer: Answer
  readonly #standIns: Pseudonyms | undefined
  readonly #meter: TokenMeter
  readonly #findings = new FindingCounts()
  readonly #abort = new AbortController()
  readonly #timing: Timing
  #prepared: Omit<PreparedRequest, 'request'> | undefined
  #stream: OpenStream | undefined
  /** Settles what was reserved of the client's tokens. */
  #settle: (used: number) => void = () => {}
  #attempts = 0

  /** @param accepted the order, and what it holds of the node's memory */
  constructor(
    { order: { request, ...order }, hold }: { order: Order; hold: Hold },
    feed: Feed,
    services: CompletionServices,
  ) {
    this.#order = order
    this.#hold = hold
    this.#request = request
    this.#modelId = request.modelId
    this.#choices = request.n ?? 1
    this.#feed = feed
    this.#services = services
    this.#meter = new TokenMeter(services.memory)
    this.#timing = new Timing(services.clock)
    const { requestId } = feed.header
    this.#standIns = standInsFor(order, { requestId, key: services.standInKey })
    this.#answer = new Answer({
      log: feed.log,
      policy: order.policy,
      standIns: this.#standIns,
      isJson: asksForJson(request.responseFormat),
      tools: request.tools?.map((tool) => tool.function.name) ?? [],
      verbatim: order.wantsVerbatim && order.policy.name === 'off',
      maxCharacters: services.maxAnswerCharacters,
      meter: this.#meter,
      onFindings: this.#noteOutput,
      choices: this.#choices,
      onRead: this.#onRead,
      judging: {
        scope: quotaNameOf(order.client),
        signal: this.#abort.signal,
        onUnjudged: (detector) => this.#findings.addUnjudged('output', detector),
        onJudged: this.#onJudged,
        onFailure: (error) => this.#abort.abort(error),
      },
    })
    feed.onPressure = this.#pace
  }

  /** Characters that the guard holds back now. */
  get held(): number {
    return this.#answer.held
  }

  /** Ends it in any phase; the upstream's connection is closed before this returns. */
  cancel(by: CancelledBy): void {
    if (this.#feed.terminal === undefined) this.#abort.abort(new Cancelled(by))
  }

  /** Runs to the terminal. Never rejects. */
  async run(): Promise<void> {
    const outcome = await this.#outcome()
    const report = await this.#report(outcome)
    this.#meter.stop()
    this.#feed.end({ ...outcome, report })
    this.#settle(report.tokensIn + report.tokensOut)
    for (const observer of this.#services.observers) observer.ended?.(report)
  }

  async #outcome(): Promise<Outcome> {
    const { timeoutMs } = this.#services
    const timer = setTimeout(() => this.#abort.abort(tooLong(timeoutMs)), timeoutMs)
    try {
      await this.#stages()
      return { status: 'complete' }
    } catch (error) {
      return this.#endedBy(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #stages(): Promise<void> {
    const { quotas, observers } = this.#services
    const { signal } = this.#abort
    await quotas.admit(this.#order.client)
    const prepared = await this.#prepare()
    this.#feed.ack = this.#ack(prepared)
    this.#feed.publish()
    for (const observer of observers) await observer.began?.(this.#snapshot())
    signal.throwIfAborted()
    this.#stream = await this.#open()
    // The upstream has it, and it will not be sent again.
    this.#hold.release()
    this.#pace()
    await this.#stream.finished.catch((error) => this.#releaseBefore(error))
    await this.#answer.settled().catch((error) => this.#releaseBefore(error))
    this.#answer.end()
  }

  /** From the request to the body that the upstream will see; then only that is held. */
  async #prepare(): Promise<Omit<PreparedRequest, 'request'>> {
    const { signal } = this.#abort
    const { upstream, scheduler, quotas } = this.#services
    const { policy, model, onOverflow, client, size } = this.#order
    const maxTokens = this.#request?.maxTokens
    // Taken where it is used: a name for it here would keep it beside the guarded copy and the body.
    const { request: fitted, ...prepared } = await prepareRequest(this.#takeRequest(), {
      policy,
      trustedRoles: client.principal.trustedRoles,
      model,
      onOverflow,
      scheduler,
      client: quotaNameOf(client),
      signal,
      findings: this.#findings,
      standIns: this.#standIns,
    })
    this.#settle = await quotas.reserve(client, { promptTokens: prepared.tokenCount, maxTokens })
    if (size.bytes > TURN_BYTES) await scheduler.task(quotaNameOf(client), signal).next()
    signal.throwIfAborted()
    this.#body = upstream.encode(fitted, model)
    this.#prepared = prepared
    return prepared
  }

  #takeRequest(): ChatRequest {
    const request = this.#request
    this.#request = undefined
    if (request === undefined) throw new Error('a completion prepares its request once')
    return request
  }

  async #open(): Promise<OpenStream> {
    const body = this.#body
    this.#body = undefined
    if (body === undefined) throw new Error('a completion is prepared before it is opened')
    this.#hold.resize(body.length)
    return await this.#services.upstream.open({
      body,
      choices: this.#choices,
      client: quotaNameOf(this.#order.client),
      signal: this.#abort.signal,
      sink: this.#answer,
      onAttempt: () => {
        this.#attempts += 1
      },
    })
  }

  /** A failure of the upstream does not swallow what came before it, nor that of a detector what was judged. */
  async #releaseBefore(error: unknown): Promise<never> {
    if (error instanceof GatewayError) {
      await this.#answer.settled().catch(() => {})
      this.#answer.release()
    }
    throw error
  }

  #ack({ tokenCount, dropped }: Omit<PreparedRequest, 'request'>): Ack {
    const { model, lifetime } = this.#order
    const { contextWindow } = model
    const expiresAt = this.#timing.startedAt + this.#services.timeoutMs + lifetime.retentionMs
    return { tokenCount, dropped, modelId: this.#modelId, contextWindow, expiresAt }
  }

  #onRead = (): void => {
    const gap = this.#timing.noteRead(this.#meter.characters > 0)
    if (gap !== undefined) this.#services.diagnostics.gap(gap)
    if (this.#answer.isBehind) this.#pace()
    this.#feed.publish()
  }

  #onJudged = (): void => {
    this.#pace()
    this.#feed.publish()
  }

  /** The upstream waits for subscribers that must not miss anything, and for detectors. */
  #pace = (): void => {
    if (this.#feed.isHeldUp || this.#answer.isBehind) this.#stream?.pause()
    else this.#stream?.resume()
  }

  #noteOutput = (findings: readonly Finding[]): void => this.#findings.add('output', findings)

  #endedBy(error: unknown): Outcome {
    if (error instanceof Cancelled) return { status: 'cancelled', by: error.by }
    if (error instanceof Blocked) return { status: 'blocked', ...error }
    const hadBegun = this.#stream !== undefined
    if (error instanceof GatewayError) return { status: 'error', error, hadBegun }
    this.#services.diagnostics.unexpected(error)
    return { status: 'error', error: internalError(error), hadBegun }
  }

  async #report(outcome: Outcome): Promise<CompletionReport> {
    const report = this.#snapshot()
    const counted = this.#answer.completionTokens
    // A long answer is counted in many turns: the text that the guard held to its end does not wait for them.
    if (counted === undefined && outcome.status !== 'blocked') this.#feed.publish()
    report.tokensOut = counted ?? (await this.#countTokens())
    report.tokensOutEstimated = counted === undefined
    report.latencyMs = this.#timing.latencyMs
    noteOutcome(report, outcome)
    return report
  }

  #countTokens(): Promise<number> {
    const { model, client } = this.#order
    return this.#meter.count(model.encoding, this.#services.scheduler.task(quotaNameOf(client)))
  }

  #snapshot(): CompletionReport {
    const { policy, model, client, conversationId } = this.#order
    const { promptTokens, finishReasons } = this.#answer
    return {
      requestId: this.#feed.header.requestId,
      conversationId,
      client: client.principal.id,
      subject: client.principal.subject,
      tenant: client.principal.tenant,
      labels: client.principal.labels,
      model: this.#modelId,
      modelLabel: model.label,
      upstream: this.#services.upstream.name,
      policy: policy.name,
      policyHash: policy.hash,
      startedAt: this.#timing.startedAt,
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
      timeToFirstTokenMs: this.#timing.firstTextMs,
      retries: Math.max(0, this.#attempts - 1),
      dropped: this.#prepared?.dropped ?? 0,
      unshown: Object.fromEntries(this.#answer.unshownCounts),
      upstreamStatus: undefined,
      upstreamError: undefined,
      errorMessage: undefined,
      errorDetail: undefined,
      findings: [...this.#findings.counts, ...standInCounts(this.#standIns)],
      correlationId: this.#stream?.correlationId,
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
  const message = `the completion took longer than ${timeoutMs} ms`
  const detail = 'SLUICE_COMPLETION_TIMEOUT_MS'
  return new GatewayError('upstream_timeout', message, { detail })
}

/** OpenAI's formats in JSON are `json_object` and `json_schema`. */
function asksForJson(responseFormat: Readonly<Record<string, unknown>> | undefined): boolean {
  const type = responseFormat?.type
  return type === 'json_object' || type === 'json_schema'
}
