/** Runs the commands of README.md whose output stands below them. */
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGateway } from '@sluice/gateway'
import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'

const root = new URL('../../', import.meta.url)
const sluice = fileURLToPath(new URL('packages/cli/bin/sluice.js', root))
const readme = readFileSync(new URL('README.md', root), 'utf8')
const blocks = readme.matchAll(/^```\n\$ npx sluice (.+)\n([\s\S]*?)```$/gm)
const commands = [...blocks].map(([, args = '', output = '']) => ({ args, output }))

/** A policy's hash changes with each of its rules; what it does is what counts. */
function withoutHashes(text: string): string {
  return text.replace(/\([0-9a-f]{16}\)/g, '(…)')
}

/** Node.js before version 22 has no WebSocket of its own. */
const WITH_SOCKET = `import { WebSocket } from ${JSON.stringify(import.meta.resolve('ws'))}
globalThis.WebSocket ??= WebSocket\n`

describe('README.md', () => {
  it('shows a client that asks, prints the answer and ends', async () => {
    const sandbox = await startSandbox()
    const settings = { genesysBaseUrl: sandbox.url, clientId: 'sandbox-client' }
    const gateway = await createGateway({
      ...settings,
      clientSecret: 'sandbox-secret',
      ...{ port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent' },
    })
    onTestFinished(async () => {
      await gateway.stop()
      await sandbox.close()
    })
    const [, client = ''] = /^```js\n(const socket = [\s\S]*?)```$/m.exec(readme) ?? []
    const script = WITH_SOCKET + client.replace('ws://127.0.0.1:8080', gateway.url)
    const args = ['--input-type=module', '--eval', script]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^\S.* \{\n {2}requestId: [\s\S]*status: 'success'[\s\S]*closed 1005/)
  })

  it("shows how OpenAI's library is used", async () => {
    const sandbox = await startSandbox()
    const upstream = { profile: 'openai', llmBaseUrl: `${sandbox.url}/v1` } as const
    const silent = { port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent' } as const
    const gateway = await createGateway({ ...upstream, ...silent })
    onTestFinished(async () => {
      await gateway.stop()
      await sandbox.close()
    })
    const [, program = ''] = /^```js\n(import OpenAI [\s\S]*?)```$/m.exec(readme) ?? []
    const script = program.replace(':8080', `:${gateway.port}`)
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script])
    expect(stdout.length).toBeGreaterThan(20)
  })

  it('shows commands', () => {
    expect(commands.length).toBeGreaterThan(0)
  })

  it.each(commands)('shows what comes of: sluice $args', ({ args, output }) => {
    const words = [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
    const env = { ...process.env, NO_COLOR: '1' }
    // In a folder without a configuration.
    const options = { cwd: tmpdir(), env, encoding: 'utf8' } as const
    const printed = execFileSync(process.execPath, [sluice, ...words], options)
    expect(withoutHashes(printed)).toBe(withoutHashes(output))
  })
})
