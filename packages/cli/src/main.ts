/** The command `sluice`: reads its arguments, runs one of its commands, and turns failures into one line and an exit code. */
import { Command } from './commander.ts'
import { asTyped, fail } from './failure.ts'
import { version } from './version.ts'

/** Each command is loaded when it is asked for: `chat` needs no gateway, and a gateway starts sooner without the rest. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  chat: async () => (await import('./chat.ts')).chatCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  sandbox: async () => (await import('./sandbox.ts')).sandboxCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  ner: async () => (await import('./ner.ts')).nerCommand(),
  policy: async () => (await import('./policy.ts')).policyCommand(),
}

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

async function main(): Promise<void> {
  const [, , name = ''] = process.argv
  // A reload that is asked for while the gateway still loads would end the process; it reads its files afterwards anyway.
  if (name === 'serve') process.on('SIGHUP', () => {})
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const wanted = named === undefined ? Object.values(COMMANDS) : [named]
  for (const load of wanted) program.addCommand(await load())
  let running: Command = program
  program.hook('preAction', (_program, command) => {
    running = command
  })
  await program.parseAsync().catch((error) => fail(asTyped(error, running)))
}

// A reader that has enough (`sluice audit export | head`) closes the pipe: an end, and no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

main().catch(fail)
