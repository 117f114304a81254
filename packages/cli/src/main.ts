/** The command `sluice`: reads its arguments, runs one of its commands, and turns failures into one line and an exit code. */
import { Command } from 'commander'
import { auditCommand } from './audit.ts'
import { chatCommand } from './chat.ts'
import { checkCommand } from './check.ts'
import { fail } from './failure.ts'
import { keysCommand } from './keys.ts'
import { policyCommand } from './policy.ts'
import { sandboxCommand } from './sandbox.ts'
import { serveCommand } from './serve.ts'
import { version } from './version.ts'

const program = new Command('sluice')
  .description(
    'A streaming gateway between applications and large language models that filters while the answer streams.',
  )
  .version(version(), '-V, --version')
  .helpOption('-h, --help')
  .showHelpAfterError('(sluice --help shows what there is)')
  .addHelpText(
    'after',
    `
Examples:
  sluice serve                       the gateway; on the built-in sandbox if no upstream is configured
  sluice chat "What is my balance?"  asks a running gateway and streams the answer
  sluice check                       validates the configuration and tries the credentials

Settings come from the environment, .env and sluice.yaml: docs/settings.md has all of them.`,
  )

for (const command of [
  serveCommand(),
  chatCommand(),
  checkCommand(),
  sandboxCommand(),
  auditCommand(),
  keysCommand(),
  policyCommand(),
]) {
  program.addCommand(command)
}

program.parseAsync().catch(fail)
