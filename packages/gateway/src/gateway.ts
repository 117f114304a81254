/** Puts the rooms together: from settings to a gateway that listens, serves, reloads and drains. */
import { hostname } from 'node:os'
import { CLOSE_CODES } from '@sluice/protocol'
import { Agent } from 'undici'
import type { Access } from './access.ts'
import { AdminServer } from './admin/admin-server.ts'
import { LiveAdmission } from './admission.ts'
import { type Audit, openAudit } from './audit/audit.ts'
import { parseAuditTarget } from './audit/audit-target.ts'
import type { AnalyticsCallbacks } from './callbacks.ts'
import type { KeyChanges } from './clients/key-ring.ts'
import { keyFileProblem } from './clients/key-store.ts'
import { systemClock } from './clock.ts'
import { Completions } from './completion/completions.ts'
import { MemoryFeedStore } from './completion/feed-store.ts'
import { MemoryBudget } from './completion/memory-budget.ts'
import { type GatewayConfig, type GatewayOptions, gatewayConfig } from './config/gateway-config.ts'
import type { Settings } from './config/settings.ts'
import { ClientQuotas } from './limits/client-quotas.ts'
import { ConcurrencyLimits } from './limits/concurrency-limits.ts'
import { RateLimits } from './limits/rate-limits.ts'
import {
  type ConfigChanges,
  changesBetween,
  keyProblems,
  type Live,
  liveConfig,
  withChanges,
} from './live-config.ts'
import { createLogger, framesOf, type Logger } from './logger.ts'
import { Reporting } from './reporting.ts'
import { Scheduler } from './scheduler.ts'
import { clientAddresses } from './server/client-address.ts'
import { Connections } from './server/connections.ts'
import { healthRoutes } from './server/health-routes.ts'
import { Readiness } from './server/readiness.ts'
import { Router } from './server/router.ts'
import { GatewayServer, WEBSOCKET_ROUTES } from './server/server.ts'
import { certificateProblem, readTls, type Tls } from './server/tls.ts'
import { loadEncoding } from './tokens/encoding.ts'
import { UpstreamClient } from './upstream/client.ts'
import { upstreamTarget } from './upstream/profiles.ts'
import { usableAccess } from './usable-config.ts'

/** What a client is told to wait before it connects again, when the node drains. */
const RECONNECT_AFTER_MS = 1_000

/** The most that is kept of one answer for those who come back for it. */
const RING_BYTES = 1_048_576

/** What has to be opened before a gateway can be made. */
interface Opened {
  access: Access
  audit: Audit
}

export class Gateway {
  readonly #config: GatewayConfig
  readonly #live: Live
  readonly #readiness = new Readiness()
  readonly #addressOf: ReturnType<typeof clientAddresses>
  readonly #logger: Logger
  readonly #access: Access
  readonly #reporting: Reporting
  readonly #memory: MemoryBudget
  readonly #rates: RateLimits
  readonly #concurrency: ConcurrencyLimits
  readonly #agent: Agent
  readonly #upstream: UpstreamClient
  readonly #completions: Completions
  readonly #connections: Connections
  readonly #server: GatewayServer
  readonly #admin: AdminServer | undefined
  #tls: Tls | undefined
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
    this.#live = { current: liveConfig(config) }
    this.#addressOf = clientAddresses(settings.trustedProxies)
    this.#tls = readTls(settings)
    this.#memory = new MemoryBudget(settings.memoryBudgetBytes)
    this.#rates = new RateLimits(settings)
    this.#concurrency = new ConcurrencyLimits(settings)
    this.#agent = new Agent({ connect: { timeout: settings.connectTimeoutMs }, allowH2: false })
    this.#upstream = this.#createUpstream()
    this.#reporting = this.#createReporting(audit, callbacks)
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
    const access = await usableAccess(config, logger)
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

  /** Whether a client without a credential is served. */
  get isOpen(): boolean {
    return this.#access.allowAnonymous
  }

  /** Where clients connect. */
  get url(): string {
    const { host, tlsCertFile } = this.#config.settings
    const scheme = tlsCertFile === undefined ? 'ws' : 'wss'
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.#port}`
  }

  /**
   * Applies what can change without a restart, all of it or nothing. The key file is for `reloadKeys`.
   * @throws GatewayError `configuration`, and then the old configuration stays in use
   */
  async reload(config: GatewayConfig): Promise<ConfigChanges> {
    const changes = changesBetween(this.#live.current, config)
    try {
      const live = liveConfig(withChanges(this.#live.current, config))
      const tls = readTls(this.#config.settings)
      // Everything was read and found good: from here on nothing fails.
      this.#live.current = live
      if (tls !== undefined) this.#renewCertificate(tls)
    } catch (error) {
      const settings = [...changes.applied, ...changes.needRestart]
      this.#reporting.event({ kind: 'config_change', outcome: 'refused', settings })
      throw error
    }
    this.#rates.reload(this.#live.current.settings)
    this.#concurrency.reload(this.#live.current.settings)
    this.#reporting.event({ kind: 'config_change', outcome: 'applied', settings: changes.applied })
    this.#logger.info(changes, 'configuration reloaded')
    await this.#warnOfKeys()
    return changes
  }

  /**
   * Reads the key file again and applies it, whatever the rest of the configuration is like: a revocation waits for
   * nothing. Undefined without a key file.
   * @throws GatewayError `configuration`, and then the old keys stay in use
   */
  async reloadKeys(): Promise<KeyChanges | undefined> {
    const changes = await this.#access.keys?.reload()
    if (changes === undefined) return undefined
    this.#applyKeys(changes)
    this.#logger.info(changes, 'keys reloaded')
    await this.#warnOfKeys()
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
    this.#readiness.state = 'draining'
    this.#server.stopAccepting()
    await this.#completions.drain()
    await this.#server.delivered(() => performance.now() < this.#drainsUntil)
    await this.#close()
  }

  async #listen(): Promise<void> {
    this.#port = await this.#server.listen()
    if (this.#admin !== undefined) this.#adminPort = await this.#admin.listen()
    await Promise.all([loadEncoding('cl100k_base'), loadEncoding('o200k_base')])
    this.#readiness.state = 'ready'
    const fields = { url: this.url, adminPort: this.#adminPort, upstream: this.#upstream.name }
    this.#logger.info(
      { ...fields, policy: this.#live.current.policyOf(undefined).name },
      'gateway is ready',
    )
    this.#warnOfCertificate()
    await this.#warnOfKeys()
  }

  async #close(): Promise<void> {
    const reason = `the gateway restarts; reconnect after ${RECONNECT_AFTER_MS} ms`
    await this.#server.close(CLOSE_CODES.restart.code, reason)
    this.#admin?.close()
    await Promise.all([this.#reporting.close(), this.#agent.destroy()])
  }

  #applyKeys(changes: KeyChanges): void {
    for (const [action, ids] of Object.entries(changes) as [
      'added' | 'changed' | 'revoked',
      string[],
    ][]) {
      for (const keyId of ids) this.#reporting.event({ kind: 'key_change', action, keyId })
    }
    this.#connections.closeKeys(changes.revoked)
  }

  #renewCertificate(tls: Tls): void {
    const isSame = tls.certificate.fingerprint === this.#tls?.certificate.fingerprint
    this.#tls = tls
    if (isSame) return
    this.#server.replaceCertificate(tls.files)
    const notAfter = new Date(tls.certificate.notAfter).toISOString()
    this.#logger.info({ notAfter }, 'certificate renewed')
    this.#warnOfCertificate()
  }

  #warnOfCertificate(): void {
    const problem =
      this.#tls === undefined ? undefined : certificateProblem(this.#tls.certificate, Date.now())
    if (problem !== undefined) this.#logger.warn({ problem }, 'clients refuse the certificate')
  }

  async #warnOfKeys(): Promise<void> {
    const { keys } = this.#access
    if (keys === undefined) return
    for (const problem of keyProblems(keys.live, this.#live.current)) {
      this.#logger.warn({ problem }, 'the requests of a key are refused')
    }
    const problem = await keyFileProblem(keys.path).catch(() => undefined)
    if (problem !== undefined) this.#logger.warn({ problem }, 'the key file is not protected')
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

  #createReporting(audit: Audit, callbacks: AnalyticsCallbacks): Reporting {
    return new Reporting({
      settings: this.#config.settings,
      logger: this.#logger,
      audit,
      callbacks,
      sources: {
        sockets: () => this.#server.monitor.size,
        completions: () => this.#completions.size,
        bufferedBytes: () => this.#server.monitor.bufferedBytes,
        logBytes: () => this.#memory.usedBytes,
        heldCharacters: () => this.#completions.held,
        pacingQueue: () => this.#upstream.state.waiting,
        retries: () => this.#upstream.state.retries,
        breaker: () => this.#upstream.state.breaker,
        keyFile: () => this.#access.keys?.file,
        certificateEnds: () => this.#tls?.certificate.notAfter,
      },
    })
  }

  #createCompletions(): Completions {
    const { settings } = this.#config
    return new Completions({
      upstream: this.#upstream,
      includeUsage: this.#upstream.includesUsage,
      store: new MemoryFeedStore({ budget: this.#memory, ringBytes: RING_BYTES }),
      quotas: new ClientQuotas({
        concurrency: this.#concurrency,
        rates: this.#rates,
        refusals: this.#reporting,
      }),
      timeoutMs: settings.completionTimeoutMs,
      maxAnswerCharacters: settings.maxAnswerCharacters,
      scheduler: new Scheduler(),
      clock: systemClock,
      observers: this.#reporting.observers,
      onGap: (ms) => this.#reporting.metrics.gap(ms),
      unexpected: (error) =>
        this.#logger.error(framesOf(error), 'unexpected exception in a completion'),
    })
  }

  #createConnections(): Connections {
    const { authenticator, allowAnonymous, current } = this.#access
    const live = this.#live
    return new Connections({
      ...this.#config.settings,
      authenticator,
      allowAnonymous,
      concurrency: this.#concurrency,
      refusals: this.#reporting,
      services: {
        admission: new LiveAdmission({ live, current, clock: systemClock }),
        completions: this.#completions,
        live,
      },
    })
  }

  #createServer(): GatewayServer {
    const { authenticator } = this.#access
    const shared = { addressOf: this.#addressOf, refusals: this.#reporting }
    return new GatewayServer({
      ...this.#config.settings,
      ...shared,
      tls: this.#tls?.files,
      live: this.#live,
      readiness: this.#readiness,
      connections: this.#connections,
      router: new Router({
        ...shared,
        authenticator,
        routes: [...WEBSOCKET_ROUTES, ...healthRoutes(this.#readiness)],
        unexpected: (error) =>
          this.#logger.error(framesOf(error), 'unexpected exception in a request'),
      }),
    })
  }

  #createAdmin(): AdminServer | undefined {
    const { adminHost: host, adminPort: port } = this.#config.settings
    if (port === 'off') return undefined
    const { registry } = this.#reporting.metrics
    return new AdminServer({
      host,
      port,
      metrics: () => registry.metrics(),
      contentType: registry.contentType,
      live: this.#live,
      refusals: this.#reporting,
      addressOf: this.#addressOf,
      readiness: this.#readiness,
    })
  }
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
