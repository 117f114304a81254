// The protocol's test vectors against the gateway, with real sockets and an upstream that the runner plays.
import { Gateway, gatewayConfig } from '@sluice/gateway'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ServerRun, type ServerUnderTest } from '../../../protocol/test/server-run.ts'
import { SCENARIOS, type Scenario } from '../../../protocol/test/vectors.ts'
import { TEST_SETTINGS } from '../harness/gateway-on-sandbox.ts'
import { playedUpstream } from '../harness/played-upstream.ts'
import { keyFile } from '../operations/key-file.ts'

const BLOCKING = { rules: [{ entity: 'US_SSN', category: 'pii', action: { kind: 'block' } }] }

/** Everybody whom the vectors name. */
const PRINCIPALS = ['alice', 'bob']

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
