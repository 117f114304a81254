/** The life of a gateway: it listens, serves, reloads, drains and ends. What it is made of is assembly.ts. */
import { setTimeout as delay } from 'node:timers/promises'
import { CLOSE_CODES } from '@sluice/protocol'
import { type Assembly, assemble, disassemble } from './assembly.ts'
import { openAudit } from './audit/audit.ts'
import type { AnalyticsCallbacks } from './callbacks.ts'
import type { KeyChanges } from './clients/key-ring.ts'
import { keyFileProblem } from './clients/key-store.ts'
import { type Clock, systemClock } from './clock.ts'
import { type GatewayConfig, type GatewayOptions, gatewayConfig } from './config/gateway-config.ts'
import {
  type ConfigChanges,
  changesBetween,
  keyProblems,
  liveConfig,
  withChanges,
} from './live-config.ts'
import { createLogger, type Logger } from './logger.ts'
import { certificateProblem, readTls, type Tls } from './server/tls.ts'
import { loadEncoding } from './tokens/encoding.ts'
import { upstreamTarget } from './upstream/profiles.ts'

/** What a client is told to wait before it connects again, when the node drains. */
const RECONNECT_AFTER_MS = 1_000
/** What completions of a revoked key may take to end before its sockets close. */
const REVOKED_GRACE_MS = 5_000

export class Gateway {
  readonly #config: GatewayConfig
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #parts: Assembly
  #ended: Promise<void> | undefined
  /** Until when a drain waits, by the monotonic clock. */
  #drainsUntil = 0
  #port = 0
  #adminPort = 0

  private constructor(config: GatewayConfig, logger: Logger, parts: Assembly) {
    this.#config = config
    this.#logger = logger
    this.#clock = systemClock
    this.#parts = parts
  }

  /**
   * A gateway that listens.
   * @throws GatewayError `configuration` or `listen`
   */
  static async start(config: GatewayConfig, callbacks: AnalyticsCallbacks = {}): Promise<Gateway> {
    const logger = config.logger ?? createLogger(config.settings.logLevel)
    const parts = await assemble({ config, logger, clock: systemClock, callbacks, openAudit })
    const gateway = new Gateway(config, logger, parts)
    try {
      await gateway.#listen()
      return gateway
    } catch (error) {
      await gateway.#close()
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
    return this.#parts.access.allowAnonymous
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
    const changes = changesBetween(this.#parts.live.current, config)
    try {
      const live = liveConfig(withChanges(this.#parts.live.current, config), this.#parts.detectors)
      const tls = readTls(this.#config.settings)
      const { authentication } = upstreamTarget(live.settings)
      // Everything was read and found good: from here on nothing fails.
      this.#parts.live.current = live
      if (tls !== undefined) this.#renewCertificate(tls)
      // The token of the old secret is dropped with it.
      if (changes.applied.some((name) => name === 'llmApiKey' || name === 'clientSecret'))
        this.#parts.upstream.replaceAuthentication(authentication)
    } catch (error) {
      const settings = [...changes.applied, ...changes.needRestart]
      this.#parts.reporting.event({ kind: 'config_change', outcome: 'refused', settings })
      throw error
    }
    this.#parts.rates.reload(this.#parts.live.current.settings)
    this.#parts.concurrency.reload(this.#parts.live.current.settings)
    this.#parts.reporting.event({
      kind: 'config_change',
      outcome: 'applied',
      settings: changes.applied,
    })
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
    const changes = await this.#parts.access.keys?.reload()
    if (changes === undefined) return undefined
    await this.#applyKeys(changes)
    this.#logger.info(changes, 'keys reloaded')
    await this.#warnOfKeys()
    return changes
  }

  /** Lets running completions end and be delivered, at most until the deadline, then closes every socket. */
  async drain(): Promise<void> {
    const { drainDeadlineMs: deadlineMs } = this.#config.settings
    this.#logger.info({ running: this.#parts.completions.size, deadlineMs }, 'draining')
    this.#drainsUntil = this.#clock.monotonic() + deadlineMs
    const deadline = setTimeout(() => this.#parts.completions.cancelAll('deadline'), deadlineMs)
    await this.#end()
    clearTimeout(deadline)
    this.#logger.info({}, 'drained')
  }

  /** Ends everything at once, also while it drains; what was to be written is written. */
  async stop(): Promise<void> {
    this.#drainsUntil = 0
    this.#parts.completions.cancelAll('operator')
    await this.#end()
  }

  #end(): Promise<void> {
    this.#ended ??= this.#drainAndClose()
    return this.#ended
  }

  async #drainAndClose(): Promise<void> {
    this.#parts.readiness.state = 'draining'
    this.#parts.server.stopAccepting()
    this.#parts.connections.goAway({
      reason: 'the gateway restarts',
      reconnectAfterMs: RECONNECT_AFTER_MS,
      graceMs: Math.max(0, Math.round(this.#drainsUntil - this.#clock.monotonic())),
    })
    await this.#parts.completions.drain()
    await this.#parts.server.delivered(() => this.#clock.monotonic() < this.#drainsUntil)
    await this.#close()
  }

  async #listen(): Promise<void> {
    this.#port = await this.#parts.server.listen()
    this.#adminPort = (await this.#parts.admin?.listen()) ?? 0
    await Promise.all([loadEncoding('cl100k_base'), loadEncoding('o200k_base')])
    this.#parts.readiness.state = 'ready'
    const fields = {
      url: this.url,
      adminPort: this.#adminPort,
      upstream: this.#parts.upstream.name,
    }
    this.#logger.info(
      { ...fields, policy: this.#parts.live.current.policyOf(undefined).name },
      'gateway is ready',
    )
    this.#warnOfCertificate()
    await this.#warnOfKeys()
  }

  async #close(): Promise<void> {
    const reason = `the gateway restarts; reconnect after ${RECONNECT_AFTER_MS} ms`
    await disassemble(this.#parts, { code: CLOSE_CODES.restart.code, reason })
  }

  async #applyKeys(changes: KeyChanges): Promise<void> {
    for (const [action, ids] of Object.entries(changes) as [
      'added' | 'changed' | 'revoked',
      string[],
    ][]) {
      for (const keyId of ids) this.#parts.reporting.event({ kind: 'key_change', action, keyId })
    }
    const { completions } = this.#parts
    const ends = changes.revoked.map((id) => completions.cancelOfKey(id, 'operator'))
    // Their clients are told how each completion ended, and then why the socket closes.
    await Promise.race([Promise.all(ends), delay(REVOKED_GRACE_MS, undefined, { ref: false })])
    this.#parts.connections.closeKeys(changes.revoked)
  }

  #renewCertificate(tls: Tls): void {
    const isSame = tls.certificate.fingerprint === this.#parts.tls.current?.certificate.fingerprint
    this.#parts.tls.current = tls
    if (isSame) return
    this.#parts.server.replaceCertificate(tls.files)
    const notAfter = new Date(tls.certificate.notAfter).toISOString()
    this.#logger.info({ notAfter }, 'certificate renewed')
    this.#warnOfCertificate()
  }

  #warnOfCertificate(): void {
    const { current: tls } = this.#parts.tls
    const problem =
      tls === undefined ? undefined : certificateProblem(tls.certificate, this.#clock.now())
    if (problem !== undefined) this.#logger.warn({ problem }, 'clients refuse the certificate')
  }

  async #warnOfKeys(): Promise<void> {
    const { keys } = this.#parts.access
    if (keys === undefined) return
    for (const problem of keyProblems(keys.live, this.#parts.live.current)) {
      this.#logger.warn({ problem }, 'the requests of a key are refused')
    }
    const problem = await keyFileProblem(keys.path).catch(() => undefined)
    if (problem !== undefined) this.#logger.warn({ problem }, 'the key file is not protected')
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
