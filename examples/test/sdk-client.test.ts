import { describe, expect, it } from 'vitest'
import { gatewayOnSandbox, network, printing, runNode } from './running.ts'

describe('sdk-client.mjs', () => {
  it('loses nothing when its connection breaks in the middle, and nothing twice', async () => {
    const { gateway } = await gatewayOnSandbox()
    const env = { GATEWAY_URL: gateway.url, MODEL: 'sandbox-long' }
    const undisturbed = runNode(['sdk-client.mjs', 'hello'], env)
    expect(await undisturbed.exitCode).toBe(0)
    const { url, cut, connections } = await network(gateway.url)
    const client = runNode(['sdk-client.mjs', 'hello'], { ...env, GATEWAY_URL: url })
    for (const length of [200, 2_000]) {
      await expect.poll(() => client.stdout.length).toBeGreaterThan(length)
      cut()
    }
    expect(await client.exitCode).toBe(0)
    expect(connections()).toBeGreaterThan(1)
    expect(client.stderr).toContain('trying again')
    expect(client.stdout).toBe(undisturbed.stdout)
  })

  it('stops the model on Ctrl-C', async () => {
    const { gateway, sandbox } = await gatewayOnSandbox()
    const client = runNode(['sdk-client.mjs'], {
      GATEWAY_URL: gateway.url,
      MODEL: 'sandbox-stall-mid-stream',
    })
    await expect.poll(() => client.stdout).not.toBe('')
    client.child.kill('SIGINT')
    expect(await client.exitCode).toBe(0)
    expect(client.stderr).toContain('[stopped]')
    await expect.poll(() => sandbox.stats().openStreams).toBe(0)
  })

  it('reads the answer of another process from its start', async () => {
    const { gateway } = await gatewayOnSandbox()
    const env = { GATEWAY_URL: gateway.url, MODEL: 'sandbox-long' }
    const first = runNode(['sdk-client.mjs'], env)
    const [, requestId = ''] = await printing(first, /\[(\w+)\]/)
    const second = runNode(['sdk-client.mjs', '--attach', requestId], env)
    expect(await first.exitCode).toBe(0)
    expect(await second.exitCode).toBe(0)
    expect(first.stdout.length).toBeGreaterThan(4_000)
    expect(second.stdout).toBe(first.stdout)
  })

  it('says why when there is no answer', async () => {
    const { gateway } = await gatewayOnSandbox()
    const client = runNode(['sdk-client.mjs', '--attach', 'nobody'], { GATEWAY_URL: gateway.url })
    expect(await client.exitCode).toBe(1)
    expect(client.stderr).toContain('[not_found]')
  })
})
