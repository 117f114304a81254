/** Whether a configuration can be used: everything it names is tried, but the upstream and the ports. */
import { type Access, openAccess } from './access.ts'
import { assertWritable, parseAuditTarget } from './audit/audit-target.ts'
import type { GatewayConfig } from './config/gateway-config.ts'
import { GatewayError } from './errors.ts'
import { keyProblems, liveConfig } from './live-config.ts'
import { createLogger, type Logger } from './logger.ts'
import { openWebhook } from './reporting.ts'
import { clientAddresses } from './server/client-address.ts'
import { readTls } from './server/tls.ts'
import { upstreamTarget } from './upstream/profiles.ts'

/**
 * What clients may do under a configuration that can be used.
 * @throws GatewayError `configuration`
 */
export async function usableAccess(config: GatewayConfig, logger: Logger): Promise<Access> {
  const { settings } = config
  upstreamTarget(settings)
  liveConfig(config)
  readTls(settings)
  clientAddresses(settings.trustedProxies)
  parseAuditTarget(settings.audit)
  await openWebhook(settings, logger)?.close(0)
  return openAccess(settings, logger)
}

/**
 * Finds what is wrong with a configuration without starting anything; also a key that a gateway would refuse alone.
 * @throws GatewayError `configuration`
 */
export async function checkConfiguration(config: GatewayConfig): Promise<void> {
  const { keys } = await usableAccess(config, config.logger ?? createLogger('silent'))
  assertWritable(parseAuditTarget(config.settings.audit))
  const problems = keyProblems(keys?.live ?? [], liveConfig(config))
  if (problems.length > 0) throw new GatewayError('configuration', problems.join('\n'))
}
