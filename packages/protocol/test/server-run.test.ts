// The vectors can be met by a server that was written from PROTOCOL.md, and their runner sees a server that breaks a rule.
import { describe, expect, it, onTestFinished } from 'vitest'
import { ReferenceServer } from './reference-server.ts'
import { ServerRun } from './server-run.ts'
import { SCENARIOS, type Scenario } from './vectors.ts'

async function run(scenario: Scenario): Promise<void> {
  const server = await ReferenceServer.start(scenario.settings)
  onTestFinished(() => server.stop())
  await new ServerRun(server).run(scenario)
}

const scenarios = SCENARIOS.filter((scenario) => scenario.for.includes('server'))

describe('a server that keeps the rules', () => {
  it.each(scenarios)('meets $topic: $name', async (scenario) => {
    await run(scenario)
  })
})

describe('the runner for servers', () => {
  const [answer] = scenarios.filter(({ name }) => name === 'an answer in chunks')
  const change = (from: RegExp, to: string): Scenario =>
    JSON.parse(JSON.stringify(answer).replace(from, to))

  it.each([
    ['another text', change(/is on "}}/, 'is in "}}')],
    ['another range', change(/"seq":2/, '"seq":3,"from":2')],
    ['another terminal', change(/"type":"complete"/, '"type":"cancelled"')],
    ['another finish reason', change(/\["stop"\]/, '["length"]')],
  ])('sees %s', async (_what, scenario) => {
    expect(JSON.stringify(scenario)).not.toBe(JSON.stringify(answer))
    await expect(run(scenario)).rejects.toThrow()
  })

  it('sees what comes unasked', async () => {
    const steps = answer?.steps.slice(0, -1) ?? []
    await expect(run({ ...(answer as Scenario), steps })).rejects.toThrow(/unasked/)
  })
})
