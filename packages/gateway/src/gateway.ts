/** Puts the rooms together: from settings to a gateway that listens, serves, reloads and drains. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { createSecureContext } from 'node:tls'
import { CLOSE_CODES, type InitMessage } from '@sluice/protocol'
import { Agent } from 'undici'
import { type Access, openAccess } from './access.ts'
import { AdminServer } from './admin/admin-server.ts'
import { type Audit, openAudit } from './audit/audit.ts'
import { AuditObserver } from './audit/audit-observer.ts'
import { parseAuditTarget } from './audit/audit-target.ts'
import { AuthFailureTally } from './audit/auth-failure-tally.ts'
import { type AnalyticsCallbacks, CallbackQueue } from './callbacks.ts'
import type { KeyChanges } from './clients/key-ring.ts'
import type { Principal } from './clients/principal.ts'
import type { Completion } from './completion/completion.ts'
import { Completions } from './completion/completions.ts'
import { MemoryBudget } from './completion/memory-budget.ts'
import { type GatewayConfig, type GatewayOptions, gatewayConfig } from './config/gateway-config.ts'
import type { Settings } from './config/settings.ts'
import { DashboardObserver } from './dashboard/dashboard-observer.ts'
import { DashboardSync } from './dashboard/dashboard-sync.ts'
import { GatewayError } from './errors.ts'
import { Dialect1 } from './faces/dialect-1.ts'
import { RateLimits } from './limits/rate-limits.ts'
import { Shares } from './limits/shares.ts'
import {
  assertKeyPolicies,
  type ConfigChanges,
  changesBetween,
  type LiveConfig,
  liveConfig,
  withChanges,
} from './live-config.ts'
import { createLogger, framesOf, type Logger } from './log.ts'
import { LogObserver } from './log-observer.ts'
import { Metrics } from './metrics/metrics.ts'
import { clientAddresses } from './server/client-address.ts'
import { Connections } from './server/connections.ts'
import { GatewayServer, type TlsFiles } from './server/server.ts'
import type { AcceptedSocket } from './socket/socket.ts'
import { loadEncoding } from './tokens/encoding.ts'
import { UpstreamClient } from './upstream/client.ts'
import { upstreamTarget } from './upstream/profiles.ts'

/** What a client is told to wait before it connects again, when the node drains. */
const RECONNECT_AFTER_MS = 1_000
/** How long a close may wait for the webhook's last batch. */
const DASHBOARD_CLOSE_MS = 2_000

/** What has to be opened before a gateway can be made. */
interface Opened {
  access: Access
  audit: Audit
}

export class Gateway {
  readonly #config: GatewayConfig
  readonly #logger: Logger
  readonly #access: Access
  readonly #audit: Audit
  readonly #authFailures: AuthFailureTally
  readonly #callbacks: CallbackQueue
  readonly #dashboard: DashboardSync | undefined
  readonly #metrics: Metrics
  readonly #memory: MemoryBudget
  readonly #rates: RateLimits
  readonly #shares: Shares
  readonly #agent: Agent
  readonly #upstream: UpstreamClient
  readonly #completions: Completions
  readonly #connections: Connections
  readonly #server: GatewayServer
  readonly #admin: AdminServer | undefined
  #live: LiveConfig
  #state: 'starting' | 'ready' | 'draining' = 'starting'
  #ended: Promise<void> | undefined
  /** Until when a drain waits, `performance.now()`. */
  #drainsUntil = 0
  #port = 0
  #adminPort = 0

  private constructor(
    config: GatewayConfig,
    { access, audit }: Opened,
    callbacks: AnalyticsCallbacks,
  ) {
    const { settings } = config
    this.#config = config
    this.#logger = config.logger ?? createLogger(settings.logLevel)
    this.#access = access
    this.#audit = audit
    this.#live = liveConfig(config)
    this.#authFailures = new AuthFailureTally({ record: (event) => audit.event(event) })
    this.#callbacks = new CallbackQueue(callbacks, Date.now)
    this.#dashboard = this.#createDashboard()
    this.#memory = new MemoryBudget(settings.memoryBudgetBytes)
    this.#rates = new RateLimits(settings)
    this.#shares = new Shares(settings)
    this.#agent = new Agent({ connect: { timeout: settings.connectTimeoutMs }, allowH2: false })
    this.#upstream = this.#createUpstream()
    this.#metrics = this.#createMetrics()
    this.#completions = this.#createCompletions()
    this.#connections = this.#createConnections()
    this.#server = this.#createServer()
    this.#admin = this.#createAdmin()
  }

  /**
   * A gateway that listens.
   * @throws GatewayError `configuration` or `listen`
   */
  static async start(config: GatewayConfig, callbacks: AnalyticsCallbacks = {}): Promise<Gateway> {
    const logger = config.logger ?? createLogger(config.settings.logLevel)
    // Whatever can be wrong with a configuration is found before a file is touched.
    upstreamTarget(config.settings)
    const live = liveConfig(config)
    readTls(config.settings)
    const access = await openAccess(config.settings, logger)
    assertKeyPolicies(access.keys?.live ?? [], live)
    const audit = await openAudit(
      parseAuditTarget(config.settings.audit),
      auditOptions(config.settings, logger),
    )
    let gateway: Gateway | undefined
    try {
      gateway = new Gateway({ ...config, logger }, { access, audit }, callbacks)
      await gateway.#listen()
      return gateway
    } catch (error) {
      await (gateway === undefined ? audit.close() : gateway.#close())
      throw error
    }
  }

  /** The port it listens on. */
  get port(): number {
    return this.#port
  }

  /** The port of metrics and health; 0 if there is none. */
  get adminPort(): number {
    return this.#adminPort
  }

  /** Where clients connect. */
  get url(): string {
    const { host, tlsCertFile } = this.#config.settings
    const scheme = tlsCertFile === undefined ? 'ws' : 'wss'
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`
  }

  /**
   * Applies what can change without a restart, all of it or nothing, and the key file with it.
   * @throws GatewayError `configuration`, and then the old configuration stays in use
   */
  async reload(config: GatewayConfig): Promise<ConfigChanges> {
    const changes = changesBetween(this.#live, config)
    try {
      const live = liveConfig(withChanges(this.#live, config))
      const tls = readTls(this.#config.settings)
      const keys = await this.#access.keys?.reload((stored) => assertKeyPolicies(stored, live))
      // Everything was read and found good: from here on nothing fails.
      this.#live = live
      if (tls !== undefined) this.#server.replaceCertificate(tls)
      if (keys !== undefined) this.#applyKeys(keys)
    } catch (error) {
      const settings = [...changes.applied, ...changes.needRestart]
      this.#audit.event({ kind: 'config_change', outcome: 'refused', settings })
      throw error
    }
    this.#rates.reload(this.#live.settings)
    this.#shares.reload(this.#live.settings)
    this.#audit.event({ kind: 'config_change', outcome: 'applied', settings: changes.applied })
    this.#logger.info(changes, 'configuration reloaded')
    return changes
  }

  /** Lets running completions end and be delivered, at most until the deadline, then closes every socket. */
  async drain(): Promise<void> {
    const { drainDeadlineMs: deadlineMs } = this.#config.settings
    this.#logger.info({ running: this.#completions.size, deadlineMs }, 'draining')
    this.#drainsUntil = performance.now() + deadlineMs
    const deadline = setTimeout(() => this.#completions.cancelAll('deadline'), deadlineMs)
    await this.#end()
    clearTimeout(deadline)
    this.#logger.info({}, 'drained')
  }

  /** Ends everything at once, also while it drains; what was to be written is written. */
  async stop(): Promise<void> {
    this.#drainsUntil = 0
    this.#completions.cancelAll('operator')
    await this.#end()
  }

  #end(): Promise<void> {
    this.#ended ??= this.#drainAndClose()
    return this.#ended
  }

  async #drainAndClose(): Promise<void> {
    this.#state = 'draining'
    this.#server.stopAccepting()
    await this.#completions.drain()
    await this.#server.delivered(() => performance.now() < this.#drainsUntil)
    await this.#close()
  }

  async #listen(): Promise<void> {
    this.#port = await this.#server.listen()
    if (this.#admin !== undefined) this.#adminPort = await this.#admin.listen()
    await Promise.all([loadEncoding('cl100k_base'), loadEncoding('o200k_base')])
    this.#state = 'ready'
    const fields = { url: this.url, adminPort: this.#adminPort, upstream: this.#upstream.name }
    this.#logger.info(
      { ...fields, policy: this.#live.policyOf(undefined).name },
      'gateway is ready',
    )
  }

  async #close(): Promise<void> {
    const reason = `the gateway restarts; reconnect after ${RECONNECT_AFTER_MS} ms`
    await this.#server.close(CLOSE_CODES.restart.code, reason)
    this.#admin?.close()
    this.#authFailures.flush()
    await Promise.all([
      this.#dashboard?.close(DASHBOARD_CLOSE_MS),
      this.#audit.close(),
      this.#agent.destroy(),
    ])
  }

  #applyKeys(changes: KeyChanges): void {
    for (const [action, ids] of Object.entries(changes) as [
      'added' | 'changed' | 'revoked',
      string[],
    ][]) {
      for (const keyId of ids) this.#audit.event({ kind: 'key_change', action, keyId })
    }
    this.#connections.closeKeys(changes.revoked)
  }

  #createDashboard(): DashboardSync | undefined {
    const { webhookUrl: url, webhookSecret: secret } = this.#config.settings
    if (url === undefined && secret === undefined) return undefined
    if (url === undefined || secret === undefined) {
      throw new GatewayError(
        'configuration',
        'SLUICE_WEBHOOK_URL and SLUICE_WEBHOOK_SECRET are needed together',
      )
    }
    return new DashboardSync({ url, secret, logger: this.#logger, now: Date.now })
  }

  #createUpstream(): UpstreamClient {
    return new UpstreamClient({
      target: upstreamTarget(this.#config.settings),
      dispatcher: this.#agent,
      onRetry: ({ code, status }, attempt, delayMs) =>
        this.#logger.warn({ code, status, attempt, delayMs }, 'upstream attempt failed'),
      onRefreshFailed: ({ code, status }) =>
        this.#logger.warn({ code, status }, 'token refresh failed'),
    })
  }

  #createMetrics(): Metrics {
    return new Metrics({
      sockets: () => this.#server.watch.size,
      completions: () => this.#completions.size,
      bufferedBytes: () => this.#server.watch.bufferedBytes,
      logBytes: () => this.#memory.usedBytes,
      heldCharacters: () => this.#completions.held,
      pacingQueue: () => this.#upstream.state.waiting,
      retries: () => this.#upstream.state.retries,
      breaker: () => this.#upstream.state.breaker,
      audit: () => this.#audit.stats(),
      dashboard: () =>
        this.#dashboard?.stats() ?? { queued: 0, delivered: 0, dropped: 0, failedAttempts: 0 },
      callbacks: () => this.#callbacks,
    })
  }

  #createCompletions(): Completions {
    const { settings } = this.#config
    const dashboard = this.#dashboard
    const options = { now: Date.now, withChunks: settings.webhookChunks }
    return new Completions({
      upstream: this.#upstream,
      includeUsage: this.#upstream.includesUsage,
      memory: this.#memory,
      timeoutMs: settings.completionTimeoutMs,
      maxAnswerCharacters: settings.maxAnswerCharacters,
      now: Date.now,
      observers: [
        ...(this.#audit.stats().state === 'off' ? [] : [new AuditObserver(this.#audit)]),
        new LogObserver(this.#logger),
        this.#metrics,
        this.#callbacks,
        ...(dashboard === undefined ? [] : [new DashboardObserver(dashboard, options)]),
      ],
      onGap: (ms) => this.#metrics.gap(ms),
      unexpected: (error) =>
        this.#logger.error(framesOf(error), 'unexpected exception in a completion'),
    })
  }

  #createConnections(): Connections {
    const { settings } = this.#config
    return new Connections({
      ...settings,
      authenticator: this.#access.authenticator,
      allowAnonymous: this.#access.allowAnonymous,
      shares: this.#shares,
      addressOf: clientAddresses(settings.trustedProxies),
      refused: (reason, address) => {
        this.#metrics.refused(reason)
        this.#authFailures.add(reason, address)
        this.#logger.warn({ reason, address }, 'connection refused')
      },
      createFace: (client) => this.#createFace(client),
    })
  }

  #createServer(): GatewayServer {
    return new GatewayServer({
      ...this.#config.settings,
      tls: readTls(this.#config.settings),
      originRules: () => this.#live.originRules,
      notReady: () => (this.#state === 'ready' ? undefined : this.#state),
      refuse: (request) => this.#connections.refuse(request),
      connect: (socket, request) => this.#connections.connect(socket, request),
    })
  }

  #createAdmin(): AdminServer | undefined {
    const { adminHost: host, adminPort: port } = this.#config.settings
    if (port === 'off') return undefined
    const { registry } = this.#metrics
    return new AdminServer({
      host,
      port,
      metrics: () => registry.metrics(),
      contentType: registry.contentType,
      allowedHosts: () => this.#live.settings.allowedHosts,
      notReady: () => (this.#state === 'ready' ? undefined : this.#state),
    })
  }

  #createFace(client: { socket: AcceptedSocket; principal: Principal; address: string }): Dialect1 {
    const { settings } = this.#config
    return new Dialect1({
      socket: client.socket,
      reader: () => this.#live.reader,
      bufferedBytes: settings.bufferedBytes,
      malformedPerMinute: this.#live.settings.malformedPerMinute,
      open: (init) => this.#open(init, client),
      run: (completion) => void this.#completions.run(completion),
    })
  }

  #open(init: InitMessage, client: { principal: Principal; address: string }): Completion {
    const { payload, conversationId, onOverflow } = init
    const { address } = client
    const principal = this.#access.current(client.principal)
    assertAllowed(principal, payload.modelId)
    const policy = this.#live.policyOf(principal.policy)
    return this.#completions.open({
      payload,
      policy,
      model: this.#live.modelOf(payload.modelId),
      client: principal.id,
      subject: principal.subject,
      conversationId,
      onOverflow: onOverflow ?? this.#live.settings.onOverflow,
      verbatim: policy.name === 'off',
      place: () => this.#shares.takeCompletion(principal, address),
      admit: () => this.#admit(principal, address),
      spend: (tokens) => void this.#rates.spend(principal, address, tokens),
    })
  }

  /** What is refused here never began: the audit has a count of it, not a record of each. */
  async #admit(principal: Principal, address: string): Promise<void> {
    try {
      await this.#rates.admit(principal, address)
    } catch (error) {
      this.#authFailures.add('rate_limited', address)
      throw error
    }
  }
}

/** Asked for each request and not for each socket: a socket may live longer than its credential. */
function assertAllowed({ allowedModels, expiresAt }: Principal, model: string): void {
  if (expiresAt !== undefined && expiresAt <= Date.now()) {
    throw new GatewayError(
      'unauthorized',
      'The credential of this connection has expired; connect again with a fresh one',
    )
  }
  if (allowedModels === undefined || allowedModels.includes(model)) return
  throw new GatewayError(
    'forbidden',
    `This client may not use that model; allowed: ${allowedModels.join(', ')}`,
  )
}

function auditOptions(settings: Settings, logger: Logger) {
  const {
    instance = hostname(),
    auditStrict: strict,
    auditRetentionDays: retentionDays,
    auditMaxBytes,
  } = settings
  const maxBytes = auditMaxBytes === undefined ? {} : { maxBytes: auditMaxBytes }
  return { instance, strict, retentionDays, logger, now: Date.now, ...maxBytes }
}

/** @throws GatewayError `configuration` */
function readTls({ tlsCertFile, tlsKeyFile }: Settings): TlsFiles | undefined {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    throw new GatewayError(
      'configuration',
      'SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE are needed together',
    )
  }
  try {
    const files = { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) }
    createSecureContext(files)
    return files
  } catch (error) {
    const { code, path = `${tlsCertFile} and ${tlsKeyFile}` } = error as NodeJS.ErrnoException
    throw new GatewayError(
      'configuration',
      `Cannot use ${path} (${code}); check SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE`,
    )
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
  return Gateway.start(gatewayConfig(options), callbacks)
}
