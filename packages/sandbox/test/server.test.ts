import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it } from 'vitest'
import { openaiChat, sandboxForTest, until } from './caller.ts'

describe('the server', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/oauth/token', 405],
    ['DELETE', '/v1/chat/completions', 405],
  ])('answers %s %s with %d and a correlation id', async (method, path, status) => {
    const { url } = await sandboxForTest()
    const response = await fetch(url + path, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('ININ-Correlation-Id')).toBeTruthy()
    await response.text()
  })

  it('answers 413 to a body over 8 MB', async () => {
    const { url } = await sandboxForTest()
    const response = await openaiChat(url, { padding: 'x'.repeat(8 * 1024 * 1024) })
    expect(response.status).toBe(413)
  })

  it.each([
    { port: 70_000 },
    { tokenLifeSeconds: 0 },
    { rateLimitPerMinute: 0 },
    { deltaIntervalMs: -1 },
    { deltaIntervalMs: Number.NaN },
  ])('refuses to start with %o', async (options) => {
    await expect(startSandbox(options)).rejects.toMatchObject({ code: 'invalid_option' })
  })

  it('fails to start on a port that is taken', async () => {
    const { port } = await sandboxForTest()
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('serves 200 streams at once, whole', async () => {
    const { url, stats } = await sandboxForTest({ deltaIntervalMs: 1 })
    const all = await Promise.all(
      Array.from({ length: 200 }, async () => (await openaiChat(url)).text()),
    )
    expect(all.every((text) => text.endsWith('data: [DONE]\n\n'))).toBe(true)
    await until(() => stats().openStreams === 0)
    expect(stats()).toMatchObject({ finishedStreams: 200, abortedStreams: 0 })
  })

  it('breaks open streams when it is closed, and may be closed twice', async () => {
    const sandbox = await startSandbox()
    const response = await openaiChat(sandbox.url, { model: 'sandbox-slow' })
    await sandbox.close()
    await sandbox.close()
    await expect(response.text()).rejects.toThrow()
  })
})
