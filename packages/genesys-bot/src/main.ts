/** The command `sluice-genesys-bot`: settings from the environment, one JSON line for each utterance, an end on signals. */
import { createBot } from './bot.ts'
import { optionsFrom, VARIABLES } from './environment.ts'

function help(): string {
  const width = Math.max(...Object.keys(VARIABLES).map((name) => name.length))
  const rows = Object.entries(VARIABLES).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)
  return `Usage: sluice-genesys-bot

Answers Genesys Cloud's Bot Connector with a model behind a Sluice gateway.

Settings, all from the environment (BOT_SECRET_FILE and BOT_GATEWAY_KEY_FILE name files instead):
${rows.join('\n')}

GET /healthz says that it runs. SIGTERM and Ctrl-C let running replies end; a second signal stops at once.
`
}

function log(fields: object): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`)
}

async function run(): Promise<void> {
  const bot = await createBot({ ...optionsFrom(process.env), onTurn: log })
  process.stderr.write(`Bot listens on ${bot.url}\n`)
  let isStopping = false
  const stop = () => {
    if (isStopping) process.exit(1)
    isStopping = true
    bot.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}

const [, , argument] = process.argv
if (argument === '--help' || argument === '-h') process.stdout.write(help())
else if (argument !== undefined) {
  process.stderr.write(`sluice-genesys-bot takes no arguments: see --help\n`)
  process.exitCode = 1
} else {
  run().catch((error: unknown) => {
    const isForeseen =
      error instanceof TypeError || (error as NodeJS.ErrnoException).code !== undefined
    const text = isForeseen ? (error as Error).message : String((error as Error).stack)
    process.stderr.write(`sluice-genesys-bot: ${text}\n`)
    process.exitCode = 1
  })
}
