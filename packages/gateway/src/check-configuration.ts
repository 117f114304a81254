/** Whether a gateway could be made of a configuration: it is made, and taken apart again before it listens. */
import { CLOSE_CODES } from '@sluice/protocol'
import { assemble, disassemble } from './assembly.ts'
import { openAudit } from './audit/audit.ts'
import { assertWritable } from './audit/audit-target.ts'
import { systemClock } from './clock.ts'
import type { GatewayConfig } from './config/gateway-config.ts'
import { GatewayError } from './errors.ts'
import { keyProblems } from './live-config.ts'
import { createLogger } from './logger.ts'

/**
 * Finds what is wrong with a configuration without starting anything; also a key that a gateway would refuse alone.
 * @throws GatewayError `configuration`
 */
export async function checkConfiguration(config: GatewayConfig): Promise<void> {
  const assembly = await assemble({
    config,
    logger: config.logger ?? createLogger('silent'),
    clock: systemClock,
    callbacks: {},
    openAudit: (target, options) => {
      assertWritable(target)
      return openAudit({ kind: 'off' }, options)
    },
  })
  await disassemble(assembly, { code: CLOSE_CODES.done.code, reason: '' })
  const problems = keyProblems(assembly.access.keys?.live ?? [], assembly.live.current)
  if (problems.length > 0) throw new GatewayError('configuration', problems.join('\n'))
}
