// The README's examples, run as they stand against a server of dialect 2.
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ReferenceServer } from '../../protocol/test/reference-server.ts'
import { type ConnectOptions, connect, type SluiceClient, SluiceError } from '../src/index.ts'
import { until } from './until.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const AsyncFunction = (async () => {}).constructor as new (
  ...source: string[]
) => (...values: unknown[]) => Promise<void>

async function start() {
  const server = await ReferenceServer.start()
  onTestFinished(() => server.stop())
  const clients: SluiceClient[] = []
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  const here = (options: ConnectOptions) => {
    const client = connect({ ...options, url: server.url })
    clients.push(client)
    return client
  }
  return { server, here }
}

/** Runs an example without its imports. */
function run(pattern: RegExp, values: Record<string, unknown>): Promise<void> {
  const [, code = ''] = pattern.exec(readme) ?? []
  expect(code).toContain('client.complete(')
  const body = code.replace(/^\s*import .*$/gm, '')
  return new AsyncFunction(...Object.keys(values), body)(...Object.values(values))
}

describe('the examples of the README', () => {
  it('stream an answer in Node.js', async () => {
    const { server, here } = await start()
    let output = ''
    const stdout = { write: (text: string) => (output += text) }
    const process = { stdout, env: { KEY: server.credentialOf('alice') } }
    const done = run(/```js\n([\s\S]*?)```/, { connect: here, process })
    await until(() => server.upstream.length === 1)
    for (const content of ['On its ', 'way.']) server.upstream[0]?.say(0, { content })
    server.upstream[0]?.finish(['stop'])
    await done
    expect(output).toBe('On its way.')
  })

  it('stream an answer into a page, and stop it', async () => {
    const { server, here } = await start()
    const elements: Record<string, { textContent: string; onclick?: () => void }> = {
      '#answer': { textContent: '' },
      '#stop': { textContent: '' },
    }
    const done = run(/<script type="module">\n([\s\S]*?)<\/script>/, {
      connect: here,
      SluiceError,
      document: { querySelector: (name: string) => elements[name] },
      fetch: async () => ({ text: async () => server.credentialOf('alice') }),
    })
    await until(() => server.upstream.length === 1)
    server.upstream[0]?.say(0, { content: 'On its ' })
    await until(() => elements['#answer']?.textContent === 'On its ')
    elements['#stop']?.onclick?.()
    await done
    expect(server.upstream[0]?.isAborted).toBe(true)
  })
})
