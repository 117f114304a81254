// What an operator learns of a server's oddities: kinds and closed words, never what was said.
import { describe, expect, it } from 'vitest'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { logLines } from '../operations/log-lines.ts'
import { MockServer } from './mock-server.ts'
import type { Attempt } from './server-case.ts'

async function loggedOf(attempt: Attempt) {
  const server = await MockServer.start([attempt], [])
  const log = logLines()
  const options = { llmBaseUrl: server.url, policy: 'standard', logger: log.logger }
  const gateway = await gatewayForTest(options)
  const messages = await (await TutorialClient.connect(gateway.url)).ask('m')
  return { log, last: messages.at(-1) }
}

describe('an operator', () => {
  it('learns how many parts of an answer were not shown, by kind', async () => {
    const { log, last } = await loggedOf({
      chunks: [
        { $delta: { content: [{ type: 'sound', data: 'SECRET' }], mood: 'SECRET' } },
        { $delta: { extra_content: { note: 'SECRET words' } } },
        { $text: 'Fine.' },
        { $finish: 'stop' },
      ],
    })
    expect(last?.type).toBe('complete')
    const unshown = { content_part: 1, field: 1, extension: 1 }
    expect(log.of('parts of an answer were not shown')).toMatchObject([{ level: 40, unshown }])
    expect(log.text()).not.toContain('SECRET')
  })

  it("learns the upstream's status, code and type of a refusal, and nothing of its words", async () => {
    const error = { message: 'SECRET', code: 'unsupported_value', type: 'invalid_request_error' }
    const { log, last } = await loggedOf({ status: 400, json: { error } })
    expect(last?.type).toBe('error')
    expect(log.of('the upstream failed')).toMatchObject([
      { upstreamStatus: 400, upstreamError: 'unsupported_value invalid_request_error' },
    ])
    expect(log.text()).not.toContain('SECRET')
  })

  it('is not told a code that could be anything', async () => {
    const error = { code: 'card4111111111111111', type: 'lena@example.net' }
    const { log } = await loggedOf({ status: 400, json: { error } })
    expect(log.of('the upstream failed')).toHaveLength(1)
    expect(log.text()).not.toMatch(/4111|lena/)
  })
})
