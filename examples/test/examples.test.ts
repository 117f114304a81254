/** Runs the examples: what a reader copies has to work. */
import { readFileSync } from 'node:fs'
import { gatewayConfig, loadConfig, policyTable } from '@sluice/gateway'
import { describe, expect, it } from 'vitest'
import { FOLDER as folder, printing, runNode as run } from './running.ts'

describe('library.mjs and node-client.mjs', () => {
  it('hold a conversation, tell the callbacks, and drain on SIGTERM', async () => {
    const library = run(['library.mjs'], { PORT: '0' })
    const [, url = ''] = await printing(library, /listens on (ws:\S+)/)
    const client = run(['node-client.mjs', 'hello'], { GATEWAY_URL: url, MODEL: 'sandbox-pii' })
    expect(await client.exitCode).toBe(0)
    expect(client.stdout).toContain('[CREDIT_CARD]')
    expect(client.stdout).not.toContain('4111')
    await printing(
      library,
      /latency \d+ ms\nrate [\d.]+ tokens\/s\naudit \w+ success\ndashboard complete/,
    )
    library.child.kill('SIGTERM')
    expect(await library.exitCode).toBe(0)
  })

  it('give a gateway up that falls silent', async () => {
    const library = run(['library.mjs'], { PORT: '0' })
    const [, GATEWAY_URL = ''] = await printing(library, /listens on (ws:\S+)/)
    const env = { GATEWAY_URL, MODEL: 'sandbox-stall-mid-stream', IDLE_TIMEOUT_MS: '300' }
    const client = run(['node-client.mjs', 'hello'], env)
    expect(await client.exitCode).toBe(1)
    expect(client.stderr).toContain('nothing came for 300 ms')
  })

  it('say why when no gateway listens', async () => {
    const client = run(['node-client.mjs', 'hello'], { GATEWAY_URL: 'ws://127.0.0.1:1' })
    expect(await client.exitCode).toBe(1)
    expect(client.stderr).toContain(
      'no connection to ws://127.0.0.1:1: nothing listens there, or it refuses (1006)',
    )
  })
})

describe('detector.mjs', () => {
  it('finds its names and judges the text, of what it is asked for and by whom it knows', async () => {
    const example = run(['detector.mjs'], { PORT: '0', DETECTOR_TOKEN: 'secret' })
    const [, url = ''] = await printing(example, /(http:\S+)/)
    const ask = (entities: string[], token = 'secret') =>
      fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ text: 'Ada Lovelace, you nitwit', entities }),
      })
    expect(await (await ask(['PERSON', 'INSULT'])).json()).toEqual({
      spans: [{ entity: 'PERSON', start: 0, end: 12, score: 0.95 }],
      moderation: [{ category: 'INSULT', score: 0.9 }],
    })
    expect(await (await ask(['CITY'])).json()).toEqual({ spans: [], moderation: [] })
    expect((await ask([], 'other')).status).toBe(401)
  })
})

describe('sluice.yaml', () => {
  const { settings, file } = loadConfig({ SLUICE_CONFIG: `${folder}sluice.yaml` }, folder)

  it('is a valid configuration', () => {
    expect(gatewayConfig({ ...settings, ...file }).settings.policy).toBe('desk')
  })

  it('has a policy that does what its comments say', () => {
    const desk = policyTable(file.policies)('desk')
    expect(
      desk.scan('4111 1111 1111 1111, help@example.com, ann@example.org, ACME-123456').text,
    ).toBe('***************1111, help@example.com, [EMAIL_ADDRESS], [account]')
    expect(desk.scan('this is malicious').blocked?.category).toBe('safety')
  })
})

describe('browser.html', () => {
  it('imports a file that is there', () => {
    const [, path = ''] =
      /from '\.\/([^']+)'/.exec(readFileSync(`${folder}browser.html`, 'utf8')) ?? []
    expect(readFileSync(folder + path, 'utf8')).toContain('export async function* ask')
  })
})
