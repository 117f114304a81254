// The examples over HTTP: clients that nobody here wrote, each as a process of its own.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { installFromPyPi } from '../../bench/guard/rates/temporary-install.mjs'
import { gatewayOnSandbox, run, runNode } from './running.ts'

const PARCEL = 'Your parcel left our warehouse'

/** The variables by which these clients find a gateway. */
async function environment() {
  const running = await gatewayOnSandbox()
  const url = running.gateway.url.replace('ws:', 'http:')
  const env = { GATEWAY_URL: url, OPENAI_BASE_URL: `${url}/v1`, MODEL: 'sandbox-default' }
  return { ...running, env }
}

const hasCurl = spawnSync('curl', ['--version']).status === 0

describe('curl.sh', () => {
  it.skipIf(!hasCurl)('shows the models, an answer in both forms, and an error', async () => {
    const { env } = await environment()
    const curl = run('sh', ['curl.sh', 'Where is "my" \\order?\nNow?'], {
      ...env,
      MODEL: 'sandbox-echo',
    })
    expect(await curl.exitCode).toBe(0)
    const [, models = '', whole = '', stream = '', error = ''] = curl.stdout.split(/^== .*\n/m)
    expect(JSON.parse(models)).toMatchObject({ object: 'list' })
    const said = 'Where is "my" \\order?\nNow?'
    expect(JSON.parse(whole).choices[0].message.content).toBe(said)
    const events = stream.split('\n\n').map((event) => event.replace('data: ', '').trim())
    const chunks = events.filter((data) => data.startsWith('{')).map((data) => JSON.parse(data))
    const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
    expect(texts.join('')).toBe(said)
    expect(events).toContain('[DONE]')
    expect(JSON.parse(error).error.type).toBe('invalid_request_error')
  })
})

describe('openai-sdk.mjs', () => {
  it('answers whole and streamed, calls a tool, stops the model and tells errors apart', async () => {
    const { env, sandbox } = await environment()
    const client = runNode(['openai-sdk.mjs', 'Where is my order?'], env)
    expect([await client.exitCode, client.stderr]).toEqual([0, ''])
    const line = (name: string) => new RegExp(`^${name}: +(.*)$`, 'm').exec(client.stdout)?.[1]
    expect(line('whole')).toBe(line('streamed'))
    expect(line('whole')).toContain(PARCEL)
    expect(client.stdout).toMatch(/\(\d+ tokens\)/)
    expect(line('tool')).toBe('lookup_order(A-10234)')
    expect(line('answer')).not.toBe('')
    expect(line('stopped')).toBe('after 3 chunks')
    expect(line('error')).toMatch(/^400 invalid_request_error request \S+$/)
    await expect.poll(() => sandbox.stats().openStreams).toBe(0)
  })
})

describe('responses.mjs', () => {
  it('reads an answer on that was cut off, and runs a tool', async () => {
    const { env, sandbox } = await environment()
    const client = runNode(['responses.mjs', 'Where is my order?'], env)
    expect([await client.exitCode, client.stderr]).toEqual([0, ''])
    const line = (name: string) => new RegExp(`^${name}: +(.*)$`, 'm').exec(client.stdout)?.[1]
    expect(line('before')).not.toBe('')
    expect(line('after')).not.toBe('')
    expect(line('found')).toBe('completed the same text')
    expect(line('tool')).toMatch(/^lookup_order \{"orderId":"A-10234"/)
    expect(line('answer')?.length).toBeGreaterThan(20)
    expect(sandbox.stats().abortedStreams).toBe(0)
  })
})

describe('langchain.mjs', () => {
  it('streams through a chain, and asks several questions at once', async () => {
    const { env } = await environment()
    const chain = runNode(['langchain.mjs', 'my parcel'], env)
    expect([await chain.exitCode, chain.stderr]).toEqual([0, ''])
    const [streamed = '', refund = '', password = ''] = chain.stdout.split('\n')
    expect(streamed).toContain(PARCEL)
    expect(refund).toContain('- I am sorry the item did not work out')
    expect(password).toContain('Forgot password')
  })
})

describe('openai_sdk.py', { timeout: 400_000 }, () => {
  it('answers whole and streamed, and tells errors apart', async ({ skip }) => {
    const python = installFromPyPi('openai', ['openai==2.9.0'])
    if (python === undefined) return skip('Python or its package openai cannot be had here')
    const { env } = await environment()
    const client = run(python, ['openai_sdk.py', 'Where is my order?'], env)
    expect([await client.exitCode, client.stderr]).toEqual([0, ''])
    const line = (name: string) => new RegExp(`^${name}: +(.*)$`, 'm').exec(client.stdout)?.[1]
    expect(line('whole')).toBe(line('streamed'))
    expect(line('whole')).toContain(PARCEL)
    expect(line('error')).toMatch(/^400 invalid_request_error request \S+$/)
  })
})
