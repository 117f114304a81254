// Sluice calls nobody but those it is told to: every connection of whole runs is recorded and compared.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

const RECORDER = new URL('outgoing-recorder.mjs', import.meta.url).href

/** Runs what a user runs, with a gateway of these settings, and gives back what was connected to. */
async function wholeRun(settings: Readonly<Record<string, string>>) {
  const folder = temporaryFolder()
  const OUTGOING = join(folder, 'outgoing')
  const env = {
    NODE_OPTIONS: `--import=${RECORDER}`,
    OUTGOING,
    SLUICE_AUDIT: join(folder, 'audit.db'),
    SLUICE_ADMIN_PORT: '0',
    ...settings,
  }
  const gateway = new SluiceProcess(['serve', '--port', '0'], { env, folder })
  const url = (await gateway.prints(/Sluice listens on (ws:\S+)/)).split(' ').at(-1) ?? ''
  await gateway.prints(/gateway is ready/)
  const sandbox = /http:\/\/127\.0\.0\.1:\d+/.exec(gateway.stderr)?.[0]
  const commands = [
    ['chat', '--url', url, '--model', 'sandbox-pii', 'hi'],
    ['check'],
    ['policy', 'test', '--policy', 'strict', 'ann@example.com'],
    ['keys', 'create', 'desk', '--file', join(folder, 'keys.json')],
    ['audit', 'stats'],
    ['--version'],
  ]
  for (const command of commands) {
    expect((await sluice(command, { env, folder })).code, command.join(' ')).toBe(0)
  }
  gateway.signal('SIGTERM')
  await gateway.ended
  const seen = existsSync(OUTGOING) ? readFileSync(OUTGOING, 'utf8').trim().split('\n') : []
  return { seen: [...new Set(seen)].toSorted(), gateway: url, sandbox }
}

const endpoint = (url: string) => `tcp ${new URL(url.replace(/^ws/, 'http')).host}`

describe('a whole run', () => {
  it('on the sandbox connects to the sandbox and the gateway alone, and looks no name up', async () => {
    const { seen, gateway, sandbox = '' } = await wholeRun({})
    expect(seen).toEqual([endpoint(gateway), endpoint(sandbox)].toSorted())
  })

  it('with an upstream connects to that alone', async () => {
    const upstream = await startSandbox()
    onTestFinished(() => upstream.close())
    const { seen, gateway } = await wholeRun({ LLM_BASE_URL: `${upstream.url}/v1` })
    expect(seen).toEqual([endpoint(gateway), endpoint(upstream.url)].toSorted())
  })
})
