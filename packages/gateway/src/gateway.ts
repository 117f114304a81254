/** Puts the rooms together: from settings to a gateway that listens, serves and drains. */
import type { IncomingMessage } from 'node:http'
import type { Policy } from '@sluice/guard'
import { CLOSE_CODES, type InitMessage } from '@sluice/protocol'
import { Agent } from 'undici'
import { type AnalyticsCallbacks, CallbackQueue } from './callbacks.ts'
import type { Completion } from './completion/completion.ts'
import { Completions } from './completion/completions.ts'
import { MemoryBudget } from './completion/memory-budget.ts'
import type { CompletionReport } from './completion/terminal.ts'
import { type GatewayConfig, type GatewayOptions, gatewayConfig } from './config/gateway-config.ts'
import { Dialect1 } from './faces/dialect-1.ts'
import { RequestReader } from './faces/request-reader.ts'
import { createLogger, framesOf, type Logger } from './log.ts'
import { type Model, modelTable } from './request/models.ts'
import { policyTable } from './request/policies.ts'
import { isLoopbackAddress } from './server/origin.ts'
import { GatewayServer } from './server/server.ts'
import type { AcceptedSocket } from './socket/socket.ts'
import { loadEncoding } from './tokens/encoding.ts'
import { UpstreamClient } from './upstream/client.ts'
import { PROFILES, profileOf, upstreamTarget } from './upstream/profiles.ts'

/** After this, a node that drains tells its clients to come back. */
const RECONNECT_AFTER_MS = 1_000

export class Gateway {
  readonly #config: GatewayConfig
  readonly #logger: Logger
  readonly #callbacks: CallbackQueue
  readonly #agent: Agent
  readonly #upstream: UpstreamClient
  readonly #completions: Completions
  readonly #server: GatewayServer
  readonly #reader: RequestReader
  readonly #policy: Policy
  readonly #modelOf: (name: string) => Model
  #state: 'starting' | 'ready' | 'draining' = 'starting'
  #port = 0

  constructor(config: GatewayConfig, callbacks: AnalyticsCallbacks = {}) {
    const { settings } = config
    const profile = PROFILES[profileOf(settings)]
    this.#config = config
    this.#logger = config.logger ?? createLogger(settings.logLevel)
    this.#callbacks = new CallbackQueue(callbacks, Date.now)
    this.#policy = policyTable(config.policies)(settings.policy ?? profile.policy)
    this.#modelOf = modelTable({
      models: config.models,
      defaultContextWindow: profile.defaultContextWindow,
    })
    this.#reader = new RequestReader({
      maxJsonDepth: settings.maxJsonDepth,
      maxMessages: settings.maxMessages,
      maxContentCharacters:
        settings.maxContentCharacters ?? profile.maxContentCharacters ?? settings.maxMessageBytes,
    })
    this.#agent = new Agent({
      connect: { timeout: settings.connectTimeoutMs },
      allowH2: false,
      maxResponseSize: -1,
    })
    this.#upstream = new UpstreamClient({
      target: upstreamTarget(settings),
      dispatcher: this.#agent,
      onRetry: (error, attempt, delayMs) =>
        this.#logger.warn(
          { code: error.code, status: error.status, attempt, delayMs },
          'upstream attempt failed',
        ),
      onRefreshFailed: (error) =>
        this.#logger.warn({ code: error.code, status: error.status }, 'token refresh failed'),
    })
    this.#completions = this.#createCompletions()
    this.#server = this.#createServer()
  }

  /** The port it listens on; 0 before `start`. */
  get port(): number {
    return this.#port
  }

  /** Where clients connect. */
  get url(): string {
    const { host } = this.#config.settings
    return `ws://${host.includes(':') ? `[${host}]` : host}:${this.#port}`
  }

  /** Loads the encodings and begins to listen. @throws GatewayError `listen` */
  async start(): Promise<void> {
    this.#port = await this.#server.listen()
    await Promise.all([loadEncoding('cl100k_base'), loadEncoding('o200k_base')])
    this.#state = 'ready'
    const { name } = this.#upstream
    this.#logger.info(
      { url: this.url, upstream: name, policy: this.#policy.name },
      'gateway is ready',
    )
  }

  /** Lets running completions end, at most until the deadline, then closes every socket. */
  async drain(): Promise<void> {
    if (this.#state === 'draining') return
    this.#state = 'draining'
    const { drainDeadlineMs } = this.#config.settings
    this.#logger.info({ running: this.#completions.size, deadlineMs: drainDeadlineMs }, 'draining')
    this.#server.stopAccepting()
    const deadline = setTimeout(() => this.#completions.cancelAll('deadline'), drainDeadlineMs)
    await this.#completions.drain()
    clearTimeout(deadline)
    await this.#close()
    this.#logger.info({}, 'drained')
  }

  /** Ends everything at once. */
  async stop(): Promise<void> {
    this.#state = 'draining'
    this.#server.stopAccepting()
    this.#completions.cancelAll('operator')
    await this.#completions.drain()
    await this.#close()
  }

  async #close(): Promise<void> {
    const reason = `the gateway restarts; reconnect after ${RECONNECT_AFTER_MS} ms`
    await this.#server.close(CLOSE_CODES.restart.code, reason)
    await this.#agent.destroy()
  }

  #createCompletions(): Completions {
    const { settings } = this.#config
    return new Completions({
      upstream: this.#upstream,
      includeUsage: this.#upstream.includesUsage,
      memory: new MemoryBudget(settings.memoryBudgetBytes),
      timeoutMs: settings.completionTimeoutMs,
      maxAnswerCharacters: settings.maxAnswerCharacters,
      now: Date.now,
      began: async () => {},
      ended: (report) => this.#onEnded(report),
      unexpected: (error) =>
        this.#logger.error(framesOf(error), 'unexpected exception in a completion'),
    })
  }

  #createServer(): GatewayServer {
    const { settings } = this.#config
    return new GatewayServer({
      ...settings,
      originRules: () => ({
        allowedOrigins: settings.allowedOrigins,
        allowedHosts: settings.allowedHosts,
        isLoopback: isLoopbackAddress(settings.host),
        isTls: false,
      }),
      notReady: () => (this.#state === 'ready' ? undefined : this.#state),
      connect: (socket, request) => this.#connect(socket, request),
    })
  }

  #connect(socket: AcceptedSocket, _request: IncomingMessage): Dialect1 {
    return new Dialect1({
      socket,
      reader: this.#reader,
      bufferedBytes: this.#config.settings.bufferedBytes,
      open: (init) => this.#open(init),
      run: (completion) => void this.#completions.run(completion),
    })
  }

  #open(init: InitMessage): Completion {
    const { payload, conversationId } = init
    const policy = this.#policy
    const completion = this.#completions.open({
      payload,
      policy,
      model: this.#modelOf(payload.modelId),
      client: 'anonymous',
      subject: undefined,
      conversationId,
      onOverflow: init.onOverflow ?? this.#config.settings.onOverflow,
      verbatim: policy.name === 'off',
    })
    this.#callbacks.follow(completion)
    return completion
  }

  #onEnded(report: CompletionReport): void {
    this.#logger.info(logFields(report), 'completion ended')
    this.#callbacks.ended(report)
  }
}

/** What the log says of a completion. A model's name comes from the client: one that nobody knows is not repeated. */
function logFields(report: CompletionReport): object {
  const { requestId, model, isKnownModel, status, errorCode, correlationId, retries } = report
  const { tokensIn, tokensOut, latencyMs, timeToFirstTokenMs } = report
  return {
    requestId,
    model: isKnownModel ? model : 'other',
    status,
    errorCode,
    correlationId,
    retries,
    tokensIn,
    tokensOut,
    latencyMs,
    timeToFirstTokenMs,
  }
}

/**
 * A gateway, as a library: it listens when the promise resolves.
 * @param options settings by their names in the table of settings; what is left out has its default
 * @param callbacks the tutorial's analytics callbacks
 * @throws GatewayError `configuration` or `listen`
 */
export async function createGateway(
  options: GatewayOptions,
  callbacks: AnalyticsCallbacks = {},
): Promise<Gateway> {
  const gateway = new Gateway(gatewayConfig(options), callbacks)
  await gateway.start()
  return gateway
}
