/** The command as a user runs it: a process of its own with nothing but its variables. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../gateway/test/harness/until.ts'
import { VARIABLES } from '../src/environment.ts'
import { botOnSandbox, HEADERS, SECRET, utterance } from './bot-on-sandbox.ts'

const BIN = fileURLToPath(new URL('../bin/sluice-genesys-bot.js', import.meta.url))

interface Command {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  ended: Promise<number | null>
}

function run(env: Record<string, string>, ...args: string[]): Command {
  const child = spawn(process.execPath, [BIN, ...args], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, stdout: () => printed.stdout, stderr: () => printed.stderr, ended }
}

const REQUIRED = { BOT_MODEL: 'sandbox-default', BOT_SECRET: SECRET, BOT_PORT: '0' }

describe('sluice-genesys-bot', () => {
  it('answers, writes nothing of what is said into its log, and ends on SIGTERM', async () => {
    const { gatewayUrl } = await botOnSandbox()
    const bot = run({ ...REQUIRED, BOT_GATEWAY_URL: gatewayUrl, BOT_PATH: '/bot' })
    await until('it listens', () => bot.stderr().includes('Bot listens on '))
    const [, url = ''] = /listens on (\S+)/.exec(bot.stderr()) ?? []
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json' },
      body: JSON.stringify(utterance('Where is my parcel?')),
    })
    expect(await response.json()).toMatchObject({ botState: 'MOREDATA' })
    await until('it is logged', () => bot.stdout().endsWith('\n'))
    expect(Object.keys(JSON.parse(bot.stdout())).toSorted()).toEqual(
      ['conversationId', 'durationMs', 'outcome', 'requestId', 'time'].toSorted(),
    )
    bot.child.kill('SIGTERM')
    expect(await bot.ended).toBe(0)
    expect(bot.stdout() + bot.stderr()).not.toMatch(/parcel|a secret/)
  })

  it('names every variable in --help and in the README', async () => {
    const help = run({}, '--help')
    expect(await help.ended).toBe(0)
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| `(BOT_\w+)`/gm)].map(([, name]) => name)
    expect(rows).toEqual(Object.keys(VARIABLES))
    for (const name of rows) expect(help.stdout()).toContain(`  ${name} `)
  })

  it.each<[env: Record<string, string>, message: string]>([
    [{ BOT_MODEL: '' }, 'BOT_MODEL is not set'],
    [{ BOT_SECRET: '' }, 'BOT_SECRET is not set'],
    [{ BOT_SECRET_FILE: '/nowhere' }, 'BOT_SECRET_FILE: cannot read /nowhere (ENOENT)'],
    [{ BOT_SECRET: 'short' }, 'secret: expected at least 16 characters'],
    [{ BOT_PORT: '80a' }, 'BOT_PORT: "80a" is not a whole number'],
    [{ BOT_INTENTS: '["agent"]' }, 'BOT_INTENTS: expected a JSON object'],
    [{ BOT_INTENTS: '{"agent":1}' }, 'BOT_INTENTS: expected a JSON object'],
    [{ BOT_GATEWAY_URL: 'http://x' }, 'is not a ws:// or wss:// URL'],
  ])('says what is wrong with %j', async (env, message) => {
    const bot = run({ ...REQUIRED, ...env })
    expect(await bot.ended).toBe(1)
    expect(bot.stderr()).toMatch(/^sluice-genesys-bot: .*\n$/)
    expect(bot.stderr()).toContain(message)
  })
})
