// `curl -N`, as people try a stream first.
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { until } from '../harness/until.ts'
import { chunksOf, httpGateway, MESSAGES, textOf } from './http-gateway.ts'

const hasCurl = spawnSync('curl', ['--version']).status === 0

describe.skipIf(!hasCurl)('curl -N', () => {
  const options = (url: string, body: object) => [
    ...['-sSN', `${url}/chat/completions`, '-H', 'content-type: application/json'],
    ...['-d', JSON.stringify({ model: 'sandbox-default', messages: MESSAGES, ...body })],
  ]

  it('prints the events of a stream, and the object without it', async () => {
    const { baseUrl } = await httpGateway()
    const run = promisify(execFile)
    const { stdout } = await run('curl', options(baseUrl, { stream: true }))
    const { stdout: whole } = await run('curl', options(baseUrl, {}))
    expect(textOf(chunksOf(stdout))).toBe(JSON.parse(whole).choices[0].message.content)
  })

  it('stops the model when it is stopped', async () => {
    const { baseUrl, sandbox } = await httpGateway()
    const curl = execFile('curl', options(baseUrl, { model: 'sandbox-slow', stream: true }))
    await until('it is asked', () => sandbox.stats().openStreams === 1)
    curl.kill()
    await until('the upstream is left', () => sandbox.stats().abortedStreams === 1)
  })
})
