// The protocol's test vectors against the gateway, with real sockets and an upstream that the runner plays.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Gateway, gatewayConfig } from '@sluice/gateway'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ServerRun,
  type ServerUnderTest,
  type UpstreamRequest,
} from '../../../protocol/test/server-run.ts'
import { SCENARIOS, type Scenario } from '../../../protocol/test/vectors.ts'
import { TEST_SETTINGS } from '../harness/gateway-on-sandbox.ts'
import { keyFile } from '../operations/key-file.ts'

const BLOCKING = { rules: [{ entity: 'US_SSN', category: 'pii', action: { kind: 'block' } }] }

/** Everybody whom the vectors name. */
const PRINCIPALS = ['alice', 'bob']

/** One request to the upstream, answered as the runner says. */
class PlayedRequest implements UpstreamRequest {
  isAborted = false
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    response.once('close', () => {
      this.isAborted = !response.writableFinished
    })
  }

  say(choice: number, delta: Record<string, unknown>): void {
    this.#event({ choices: [{ index: choice, delta, finish_reason: null }] })
  }

  finish(reasons: readonly string[]): void {
    const choices = reasons.map((reason, index) => ({ index, delta: {}, finish_reason: reason }))
    this.#event({ choices })
    this.#response.end('data: [DONE]\n\n')
  }

  break(): void {
    this.#response.destroy()
  }

  #event(fields: Record<string, unknown>): void {
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields }
    this.#response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
}

async function playedUpstream() {
  const requests: PlayedRequest[] = []
  const server = createServer((request, response) => {
    request.resume().once('end', () => requests.push(new PlayedRequest(response)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

async function gatewayUnderTest({ settings = {} }: Scenario): Promise<ServerUnderTest> {
  const upstream = await playedUpstream()
  const keys = keyFile()
  const credentials = new Map<string, string>()
  for (const name of PRINCIPALS) credentials.set(name, (await keys.create({ name })).key)
  const config = gatewayConfig({
    ...TEST_SETTINGS,
    llmBaseUrl: upstream.url,
    keysFile: keys.path,
    policy: settings.policy ?? 'off',
    ringBytes: settings.ringBytes ?? 1_048_576,
    drainDeadlineMs: 600_000,
    maxAttempts: 1,
  })
  const gateway = await Gateway.start({ ...config, policies: { blocking: BLOCKING } })
  onTestFinished(() => gateway.stop())
  return {
    url: gateway.url,
    credentialOf: (principal) => credentials.get(principal) ?? '',
    upstream: upstream.requests,
    drain: () => void gateway.drain(),
  }
}

const scenarios = SCENARIOS.filter((scenario) => scenario.for.includes('server'))

describe('the gateway', () => {
  it('has scenarios to meet', () => expect(scenarios.length).toBeGreaterThan(20))

  it.each(scenarios)('meets $topic: $name', async (scenario) => {
    await new ServerRun(await gatewayUnderTest(scenario)).run(scenario)
  })
})
