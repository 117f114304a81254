// `sluice serve`: what it starts, what it refuses to start, and how it stops.
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { SluiceProcess, serving, sluice } from './sluice-process.ts'

/** One line that begins with the command's name, and no trace of a stack. */
function expectClear(stderr: string, ...parts: string[]): void {
  expect(stderr).toMatch(/^sluice: /)
  expect(stderr).not.toMatch(/^\s+at /m)
  for (const part of parts) expect(stderr).toContain(part)
}

describe('sluice serve', () => {
  it('starts on the sandbox where nothing is configured, and says so', async () => {
    const { process, url } = await serving()
    expect(process.stderr).toContain('SANDBOX: no upstream is configured')
    expect(process.stderr).toContain(`npx sluice chat --url ${url} "`)
    const ready = await fetch(`${url.replace('ws:', 'http:')}/readyz`)
    expect(ready.status).toBe(200)
  })

  it('does so too where only a stray OPENAI_API_KEY lies around', async () => {
    const { process } = await serving({ OPENAI_API_KEY: 'SECRET-stray' })
    expect(process.stderr).toContain('SANDBOX')
    expect(process.stderr + process.stdout).not.toContain('SECRET-stray')
  })

  it.each([
    [
      'in production without an upstream',
      { NODE_ENV: 'production' },
      ['NODE_ENV=production', 'LLM_BASE_URL'],
    ],
    [
      'with half a configuration',
      { GENESYS_CLOUD_BASE_URL: 'https://api.example', GENESYS_CLOUD_CLIENT_ID: 'id' },
      ['GENESYS_CLOUD_CLIENT_SECRET is missing'],
    ],
    [
      'with a key of its own and no server',
      { LLM_API_KEY: 'qzSECRETqz' },
      ['LLM_BASE_URL is missing'],
    ],
    [
      'with a wrong base URL',
      { LLM_BASE_URL: 'localhost:8000' },
      ['LLM_BASE_URL', 'an http or https URL'],
    ],
    ['with an unknown setting', { SLUICE_POLCY: 'off' }, ['did you mean SLUICE_POLICY?']],
    ['with an unknown policy', { SLUICE_POLICY: 'none' }, ['no policy is called "none"']],
    ['on a network without a credential', { SLUICE_HOST: '0.0.0.0' }, ['SLUICE_KEYS_FILE']],
    [
      'on an address that is not ours',
      { SLUICE_HOST: '192.0.2.1', SLUICE_ALLOW_ANONYMOUS: 'true' },
      ['Cannot listen on 192.0.2.1', 'SLUICE_HOST'],
    ],
  ])('does not start %s', async (_name, env, parts) => {
    const { code, stderr } = await sluice(['serve', '--port', '0'], { env })
    expect(code).toBe(1)
    expectClear(stderr, ...parts)
    expect(stderr).not.toContain('qzSECRETqz')
  })

  it.each([
    [['serve', '--port', 'abc'], '--port: "abc"'],
    [['serve', '-p', '65536'], '--port: "65536"'],
    [['serve', '--host', '0.0.0.0'], '--host=0.0.0.0 is reachable'],
    [['audit', 'erase', '--file', import.meta.filename, 'x'], '--file names a file'],
  ])('names what was typed: %j', async (typed, problem) => {
    const { code, stderr } = await sluice(typed)
    expect(code).toBe(1)
    expectClear(stderr, problem)
    expect(stderr).not.toMatch(/WS_PORT|SLUICE_HOST|SLUICE_AUDIT\b/)
  })

  it('names a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const { code, stderr } = await sluice(['serve', '--port', String(port)])
    expect(code).toBe(1)
    expectClear(stderr, `Port ${port} on 127.0.0.1 is in use`, '--port')
    expect(stderr).not.toContain('WS_PORT')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets a running answer end on %s, then exits with 0',
    async (signal) => {
      const { process, url } = await serving()
      const socket = new WebSocket(url)
      const types: string[] = []
      const closed = new Promise<number>((resolve) => socket.on('close', resolve))
      socket.on('message', (data) => types.push(JSON.parse(String(data)).type))
      await new Promise((resolve) => socket.once('open', resolve))
      const messages = [{ role: 'user', content: 'Where is my order?' }]
      socket.send(
        JSON.stringify({ type: 'init', payload: { modelId: 'sandbox-default', messages } }),
      )
      while (!types.includes('chunk')) await new Promise((resolve) => setTimeout(resolve, 5))
      process.signal(signal)
      expect(await closed).toBe(1012)
      expect(types.at(-1)).toBe('complete')
      expect((await process.ended).code).toBe(0)
    },
  )

  it('stops at once on a second signal', async () => {
    const { process, url } = await serving()
    const socket = new WebSocket(url)
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('open', resolve))
    const messages = [{ role: 'user', content: 'hi' }]
    socket.send(
      JSON.stringify({ type: 'init', payload: { modelId: 'sandbox-stall-mid-stream', messages } }),
    )
    await new Promise((resolve) => socket.once('message', resolve))
    process.signal('SIGTERM')
    await process.prints(/draining; once more to stop at once/)
    // Those that follow within a moment count as one with the first: npm passes Ctrl-C on once more.
    const again = setInterval(() => process.signal('SIGTERM'), 50)
    await process.prints(/stopping at once/)
    clearInterval(again)
    expect((await process.ended).code).toBe(1)
  })

  it('writes a structured log without what was said', async () => {
    const { process, url } = await serving()
    await sluice(['chat', '--url', url, '--model', 'sandbox-echo', 'SECRET-PROMPT'])
    await process.prints(/completion ended/)
    process.signal('SIGTERM')
    const { stdout } = await process.ended
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ msg }) => msg === 'completion ended')).toMatchObject({
      status: 'complete',
    })
    expect(stdout).not.toContain('SECRET-PROMPT')
  })
})

describe('sluice sandbox', () => {
  it('lists its models, as a table and as JSON', async () => {
    const table = await sluice(['sandbox', '--list'])
    expect(table.code).toBe(0)
    expect(table.stdout).toMatch(/^sandbox-429-once +429 with Retry-After: 1 once/m)
    const json = await sluice(['sandbox', '--list', '--json'])
    const models: { model: string }[] = JSON.parse(json.stdout)
    expect(models.length).toBe(table.stdout.trim().split('\n').length)
  })

  it.each([
    [['--port', 'many'], '--port: "many" is not a whole number'],
    [['--port', '0', '--replay', '/no/such/file'], '/no/such/file cannot be read'],
  ])('refuses %j', async (args, problem) => {
    const { code, stderr } = await sluice(['sandbox', ...args])
    expect(code).toBe(1)
    expectClear(stderr, problem)
  })

  it('serves by itself until it is told to stop', async () => {
    const process = new SluiceProcess(['sandbox', '--port', '0'])
    const url = (await process.prints(/Sandbox listens on (\S+)/)).split(' ').at(-1)
    expect((await fetch(`${url}/v1/models`)).status).toBe(200)
    process.signal('SIGTERM')
    expect((await process.ended).code).toBe(0)
  })
})

describe('sluice', () => {
  it('explains itself', async () => {
    const { code, stdout } = await sluice(['--help'])
    expect(code).toBe(0)
    for (const command of ['serve', 'chat', 'check', 'sandbox']) expect(stdout).toContain(command)
    expect((await sluice(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([[['frobnicate']], [['chat', '--nope']], [['serve', '--port']]])(
    'refuses %j and points at the help',
    async (args) => {
      const { code, stderr } = await sluice(args)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: /)
      expect(stderr).not.toMatch(/^\s+at /m)
    },
  )
})
