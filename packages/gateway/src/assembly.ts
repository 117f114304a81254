/**
 * Puts the rooms together: from a configuration to the parts of a gateway, each made once and given the objects that it
 * works with. `serve` and `check` make them alike; nothing listens yet, and nothing was asked of the upstream.
 */
import { hostname } from 'node:os'
import type { Dispatcher } from 'undici'
import { type Access, openAccess } from './access.ts'
import { AdminServer } from './admin/admin-server.ts'
import { LiveAdmission } from './admission.ts'
import type { Audit, openAudit } from './audit/audit.ts'
import { type AuditTarget, parseAuditTarget } from './audit/audit-target.ts'
import type { AnalyticsCallbacks } from './callbacks.ts'
import type { Clock } from './clock.ts'
import { Completions } from './completion/completions.ts'
import { MemoryFeedStore } from './completion/feed-store.ts'
import { MemoryBudget } from './completion/memory-budget.ts'
import type { GatewayConfig } from './config/gateway-config.ts'
import type { Settings } from './config/settings.ts'
import { createDetectors, type Detectors } from './detectors/detectors.ts'
import { Intake } from './dialects/intake.ts'
import { GatewayError } from './errors.ts'
import { httpRoutes } from './http/http-routes.ts'
import { ClientQuotas } from './limits/client-quotas.ts'
import { ConcurrencyLimits } from './limits/concurrency-limits.ts'
import { RateLimits } from './limits/rate-limits.ts'
import { type Live, liveConfig } from './live-config.ts'
import type { Logger } from './logger.ts'
import { createDispatcher, fetchThrough } from './outbound.ts'
import { Reporting } from './reporting.ts'
import { RootSecret } from './root-secret.ts'
import { Scheduler } from './scheduler.ts'
import { clientAddresses, type IsProxy, trustedProxies } from './server/client-address.ts'
import { Connections } from './server/connections.ts'
import { DescriptorWatch } from './server/descriptor-watch.ts'
import { healthRoutes } from './server/health-routes.ts'
import { Readiness } from './server/readiness.ts'
import { Router } from './server/router.ts'
import { GatewayServer, WEBSOCKET_ROUTES } from './server/server.ts'
import { readTls, type Tls } from './server/tls.ts'
import { UpstreamClient } from './upstream/client.ts'
import { upstreamTarget } from './upstream/profiles.ts'
import { WebhookSender } from './webhook/webhook-sender.ts'

export interface AssemblyOptions {
  config: GatewayConfig
  logger: Logger
  clock: Clock
  callbacks: AnalyticsCallbacks
  /** Opens the audit that is configured; called when everything else is known to be good. */
  openAudit: (target: AuditTarget, options: AuditOptions) => Promise<Audit>
}

type AuditOptions = Parameters<typeof openAudit>[1]

/** What is read of a configuration, and may be refused, before anything is opened. */
interface Foundation extends Omit<AssemblyOptions, 'openAudit'> {
  settings: Settings
  detectors: Detectors
  live: Live
  tls: { current: Tls | undefined }
  isProxy: IsProxy
  addressOf: ReturnType<typeof clientAddresses>
  access: Access
  dispatcher: Dispatcher
  upstream: UpstreamClient
  webhook: WebhookSender | undefined
}

/** The parts that a running gateway needs to be told apart. */
export interface Assembly
  extends Pick<Foundation, 'access' | 'detectors' | 'dispatcher' | 'live' | 'tls' | 'upstream'> {
  readiness: Readiness
  reporting: Reporting
  concurrency: ConcurrencyLimits
  rates: RateLimits
  completions: Completions
  connections: Connections
  server: GatewayServer
  admin: AdminServer | undefined
}

/** @throws GatewayError `configuration` for whatever cannot be used */
export async function assemble(options: AssemblyOptions): Promise<Assembly> {
  const auditTarget = parseAuditTarget(options.config.settings.audit)
  const secret = new RootSecret(options.config.settings.secret)
  const foundation = await lay(options, secret)
  const { settings, live, tls, addressOf, access, detectors, dispatcher, upstream } = foundation
  if (secret.isTemporary && auditTarget.kind !== 'off') {
    options.logger.info(
      { setting: 'SLUICE_SECRET' },
      'a secret was made for this run: digests in the audit cannot be found again after it',
    )
  }
  const reporting = new Reporting({
    ...foundation,
    auditKey: secret.key('audit'),
    audit: await options.openAudit(auditTarget, auditOptions(options)),
  })
  const memory = new MemoryBudget(settings.memoryBudgetBytes)
  const limits = {
    concurrency: new ConcurrencyLimits(settings),
    rates: new RateLimits(settings),
  }
  const quotas = new ClientQuotas({ ...limits, refusals: reporting })
  const scheduler = new Scheduler()
  const intake = new Intake({ memory, quotas, scheduler, live })
  const completions = new Completions({
    memory,
    upstream,
    store: new MemoryFeedStore({ budget: memory, ringBytes: settings.ringBytes }),
    quotas,
    scheduler,
    timeoutMs: settings.completionTimeoutMs,
    maxAnswerCharacters: settings.maxAnswerCharacters,
    standInKey: secret.key('pseudonyms'),
    clock: options.clock,
    observers: reporting.observers,
    diagnostics: reporting,
  })
  const engine = { ...limits, completions, intake, reporting, addressOf }
  const listeners = createListeners(foundation, engine)
  const { monitor } = listeners.server
  reporting.watch({ monitor, completions, memory, upstream, detectors, keys: access.keys, tls })
  return {
    access,
    detectors,
    dispatcher,
    live,
    tls,
    upstream,
    reporting,
    ...limits,
    completions,
    ...listeners,
  }
}

/** Reads everything that can be wrong. */
async function lay(options: AssemblyOptions, secret: RootSecret): Promise<Foundation> {
  const { config, logger, clock } = options
  const { settings } = config
  const target = upstreamTarget(settings)
  const dispatcher = createDispatcher(settings)
  const detectors = createDetectors(config.detectors, dispatcher, (detector, { reason, message }) =>
    logger.warn({ detector, reason, problem: message }, 'a detector could not judge a text'),
  )
  const live = { current: liveConfig(config, detectors) }
  const tls = { current: readTls(settings) }
  const isProxy = trustedProxies(settings.trustedProxies)
  const addressOf = clientAddresses(isProxy)
  const limits = () => live.current.settings
  const access = await openAccess(settings, {
    logger,
    clock,
    limits,
    fetch: fetchThrough(dispatcher),
    tokenSecret: secret.key('tokens'),
  })
  const webhook = createWebhook(settings, { logger, clock })
  const upstream = new UpstreamClient({
    target,
    dispatcher,
    clock,
    onRetry: ({ code, status }, attempt, delayMs) =>
      logger.warn({ code, status, attempt, delayMs }, 'upstream attempt failed'),
    onRefreshFailed: ({ code, status }) => logger.warn({ code, status }, 'token refresh failed'),
  })
  const parts = { access, detectors, dispatcher, upstream, webhook }
  return { ...options, settings, live, tls, isProxy, addressOf, ...parts }
}

interface Engine extends Pick<Assembly, 'completions' | 'concurrency' | 'rates' | 'reporting'> {
  addressOf: Foundation['addressOf']
  intake: Intake
}

/** What comes in: the listeners of clients and of operators. */
function createListeners(
  { settings, live, tls, access, isProxy, clock, logger }: Foundation,
  engine: Engine,
): Pick<Assembly, 'admin' | 'connections' | 'readiness' | 'server'> {
  const readiness = new Readiness(new DescriptorWatch(logger))
  const { completions, concurrency, intake, reporting, addressOf } = engine
  const { authenticator, allowAnonymous } = access
  const shared = { live, readiness, refusals: reporting, addressOf }
  const admission = new LiveAdmission({ live, access, clock })
  const connections = new Connections({
    ...settings,
    authenticator,
    allowAnonymous,
    isProxy,
    concurrency,
    refusals: reporting,
    services: { admission, completions, intake, live, diagnostics: reporting },
  })
  const http = {
    ...engine,
    admission,
    live,
    clock,
    pages: access.pages,
    currentPrincipal: access.current,
  }
  const routes = [...WEBSOCKET_ROUTES, ...healthRoutes(readiness), ...httpRoutes(http)]
  const router = new Router({ ...shared, authenticator, routes, diagnostics: reporting })
  const server = new GatewayServer({
    ...settings,
    ...shared,
    tls: tls.current?.files,
    connections,
    router,
  })
  const { adminHost: host, adminPort: port } = settings
  const { registry } = reporting.metrics
  const admin = port === 'off' ? undefined : new AdminServer({ host, port, registry, ...shared })
  return { readiness, connections, server, admin }
}

function auditOptions({ config, logger, clock }: AssemblyOptions): AuditOptions {
  const {
    instance = hostname(),
    auditStrict: strict,
    auditRetentionDays: retentionDays,
    auditMaxBytes,
  } = config.settings
  const maxBytes = auditMaxBytes === undefined ? {} : { maxBytes: auditMaxBytes }
  return { instance, strict, retentionDays, logger, now: clock.now, ...maxBytes }
}

function createWebhook(
  settings: Settings,
  { logger, clock }: { logger: Logger; clock: Clock },
): WebhookSender | undefined {
  const { webhookUrl: url, webhookSecret: secret } = settings
  if (url === undefined && secret === undefined) return undefined
  if (url === undefined || secret === undefined) {
    const needed = 'SLUICE_WEBHOOK_URL and SLUICE_WEBHOOK_SECRET are needed together'
    throw new GatewayError('configuration', needed)
  }
  const dispatcher = createDispatcher(settings)
  return new WebhookSender({ url, secret, logger, now: clock.now, dispatcher })
}

/** Ends what the parts hold open: sockets with a code, then what was to be written and sent. */
export async function disassemble(
  { server, admin, readiness, reporting, detectors, dispatcher }: Assembly,
  { code, reason }: { code: number; reason: string },
): Promise<void> {
  readiness.stop()
  await server.close(code, reason)
  admin?.close()
  const ending = Object.values(detectors).map((detector) => detector.close())
  await Promise.all([reporting.close(), dispatcher.destroy(), ...ending])
}
