/** `sluice sandbox`: the stand-in for Genesys Cloud by itself. */
import { type SandboxOptions, sandboxModels, startSandbox } from '@sluice/sandbox'
import { callBot } from './bot-connector.ts'
import { Command } from './commander.ts'
import { CommandError } from './failure.ts'
import { onStopSignals } from './signals.ts'
import { paint } from './terminal.ts'

interface Options {
  port: string
  replay?: string
  list?: boolean
  interval?: string
  clientId?: string
  clientSecret?: string
  apiKey?: string
  rateLimit?: string
  json?: boolean
  botConnector?: string
  header?: string
  headerFile?: string
  say?: string[]
}

export function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('runs the stand-in for Genesys Cloud and OpenAI-compatible servers by itself')
    .option('-p, --port <port>', 'port to listen on; 0 takes any free one', '4010')
    .option(
      '--replay <file>',
      'answer every request with a recorded stream, one chunk object a line',
    )
    .option('--interval <ms>', 'pace: milliseconds between two deltas')
    .option('--client-id <id>', 'accepted OAuth client id (default sandbox-client)')
    .option('--client-secret <secret>', 'accepted OAuth client secret (default sandbox-secret)')
    .option('--api-key <key>', 'API key that /v1 asks for (default: none)')
    .option('--rate-limit <n>', 'requests a minute for each token (default 300)')
    .option('--list', 'list the models, faults included, and exit')
    .option('--json', 'with --list: as JSON')
    .option(
      '--bot-connector <url>',
      'call a bot as Genesys Cloud does, print what it says, and exit',
    )
    .option('--header-file <path>', 'with --bot-connector: file of "name: value" lines to send')
    .option('--header <line>', 'one of them; others on this machine may see it')
    .option('--say <text...>', 'with --bot-connector: what the customer says')
    .action(act)
}

function act(options: Options): void | Promise<void> {
  if (options.list === true) return list(options)
  if (options.botConnector !== undefined) return callBot({ ...options, url: options.botConnector })
  return run(options)
}

function list({ json }: Options): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(sandboxModels, null, 2)}\n`)
    return
  }
  const width = Math.max(...sandboxModels.map(({ model }) => model.length))
  for (const { model, summary, imitates } of sandboxModels) {
    const name = paint('cyan', model.padEnd(width), process.stdout)
    process.stdout.write(`${name}  ${summary} ${paint('dim', `(${imitates})`, process.stdout)}\n`)
  }
}

async function run(options: Options): Promise<void> {
  const sandbox = await startSandbox(sandboxOptions(options)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      throw new CommandError(
        `Port ${options.port} is in use. Stop what uses it, or choose another with --port`,
      )
    },
  )
  const lines = [
    `Sandbox listens on ${sandbox.url}`,
    '',
    'As Genesys Cloud (the tutorial):  ' +
      `GENESYS_CLOUD_BASE_URL=${sandbox.url} GENESYS_CLOUD_CLIENT_ID=${options.clientId ?? 'sandbox-client'} GENESYS_CLOUD_CLIENT_SECRET=…`,
    `As an OpenAI-compatible server:   LLM_BASE_URL=${sandbox.url}/v1`,
    `What it was asked:                ${sandbox.url}/sandbox`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
  onStopSignals({ drain: () => sandbox.close() })
}

function sandboxOptions(options: Options): SandboxOptions {
  return {
    port: wholeNumber(options.port, '--port'),
    ...(options.replay === undefined ? {} : { replayFile: options.replay }),
    ...(options.interval === undefined
      ? {}
      : { deltaIntervalMs: wholeNumber(options.interval, '--interval') }),
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
    ...(options.clientSecret === undefined ? {} : { clientSecret: options.clientSecret }),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    ...(options.rateLimit === undefined
      ? {}
      : { rateLimitPerMinute: wholeNumber(options.rateLimit, '--rate-limit') }),
  }
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new CommandError(`${option}: ${JSON.stringify(text)} is not a whole number`)
  return Number(text)
}
