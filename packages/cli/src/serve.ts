/** `sluice serve`: the gateway, until a signal drains it; on the sandbox where no upstream is configured. */
import {
  createLogger,
  framesOf,
  Gateway,
  gatewayConfig,
  type LoadedConfig,
  type Logger,
} from '@sluice/gateway'
import type { Sandbox } from '@sluice/sandbox'
import { Command } from './commander.ts'
import { assertUpstream, onSandbox, readConfiguration, SANDBOX_CLIENT } from './configuration.ts'
import { onCrash } from './crash.ts'
import { foreseenProblem } from './failure.ts'
import { onReload } from './reload.ts'
import { onStopSignals } from './signals.ts'
import { paint } from './terminal.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('runs the gateway; on the built-in sandbox if no upstream is configured')
    .option('-p, --port <port>', 'port for WebSockets (WS_PORT)')
    .option('--host <host>', 'address to listen on (SLUICE_HOST)')
    .addHelpText(
      'after',
      '\nStops on SIGTERM or Ctrl-C: running answers end first; a second signal stops at once.',
    )
    .action((options: { port?: string; host?: string }) => serve(options))
}

async function serve(options: { port?: string; host?: string }): Promise<void> {
  const read = () => {
    const env = { ...process.env }
    if (options.port !== undefined) env.WS_PORT = options.port
    if (options.host !== undefined) env.SLUICE_HOST = options.host
    return readConfiguration(env, process.cwd())
  }
  const config = read()
  assertUpstream(config)
  const { loaded, isSandboxed } = config
  const sandbox = isSandboxed ? await openSandbox() : undefined
  const complete = ({ settings, file }: LoadedConfig) =>
    gatewayConfig({
      ...(sandbox === undefined ? settings : onSandbox(settings, sandbox.url)),
      ...file,
      logger,
    })
  const logger = await openLog(loaded.settings.logLevel)
  const starting = Gateway.start(complete(loaded))
  // Before it is ready: a signal that comes early counts like any other.
  onStopSignals({
    drain: async () => {
      await (await starting).drain()
      await sandbox?.close()
    },
    stop: async () => (await starting).stop(),
  })
  const { keysFile, tlsCertFile, tlsKeyFile } = loaded.settings
  // Apart, so that no error elsewhere keeps a revoked key alive.
  onReload([keysFile], () =>
    attempt(async () => (await starting).reloadKeys(), {
      logger,
      otherwise: 'the new key file is refused; the old keys stay in use',
    }),
  )
  onReload([loaded.path, tlsCertFile, tlsKeyFile, ...loaded.secretFiles], () =>
    attempt(async () => (await starting).reload(complete(read().loaded)), {
      logger,
      otherwise: 'the new configuration is refused; the old one stays in use',
    }),
  )
  const gateway = await starting
  onCrash({ logger, flush: () => gateway.stop() })
  banner(gateway, sandbox)
}

/** Makes a change that ends nothing, whatever is wrong with it. */
async function attempt(
  change: () => Promise<unknown>,
  { logger, otherwise }: { logger: Logger; otherwise: string },
): Promise<void> {
  try {
    await change()
  } catch (error) {
    const problem = foreseenProblem(error)
    logger.error(problem === undefined ? framesOf(error) : { problem }, otherwise)
  }
}

/** JSON lines for machines; where a person looks, the same in words and colour. */
async function openLog(level: string): Promise<Logger> {
  if (!process.stdout.isTTY) return createLogger(level)
  const { default: pretty } = await import('pino-pretty')
  return createLogger(
    level,
    pretty({
      translateTime: 'HH:MM:ss',
      singleLine: true,
      colorize: (process.env.NO_COLOR ?? '') === '',
    }),
  )
}

/** Loaded here, because a gateway with an upstream has no use for it. */
async function openSandbox(): Promise<Sandbox> {
  const { startSandbox } = await import('@sluice/sandbox')
  return startSandbox(SANDBOX_CLIENT)
}

/** What a person who just started it needs to know; on standard error, beside the log. */
function banner(gateway: Gateway, sandbox: Sandbox | undefined): void {
  const out = process.stderr
  const chat = (words: string) =>
    `  ${paint('cyan', `npx sluice chat${flagsFor(gateway)} ${words}`, out)}`
  const line = '─'.repeat(74)
  const lines = [
    paint('bold', `Sluice listens on ${gateway.url}`, out),
    ...(sandbox === undefined ? [] : sandboxLines(sandbox)),
    '',
    'Try it in a second terminal, in this folder:',
    chat('"What is the status of my order?"'),
    ...(sandbox === undefined ? [] : [chat('--model sandbox-pii "hi"')]),
  ]
  out.write(`\n${line}\n${lines.join('\n')}\n${line}\n\n`)
}

/** What `sluice chat` has to be told to reach this gateway: nothing for the usual port and no key. */
function flagsFor({ url, isOpen }: Gateway): string {
  // An address that stands for all of them is none to connect to.
  const reachable = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  const place = reachable === 'ws://127.0.0.1:8080' ? '' : ` --url ${reachable}`
  return isOpen ? place : `${place} --key-file <file with a key>`
}

function sandboxLines(sandbox: Sandbox): string[] {
  return [
    paint(
      'yellow',
      'SANDBOX: no upstream is configured, so answers are made up by a stand-in',
      process.stderr,
    ),
    paint('yellow', `at ${sandbox.url}. Nothing leaves this machine.`, process.stderr),
    'For a real upstream set GENESYS_CLOUD_* or LLM_BASE_URL (see .env.example).',
  ]
}
