// Laws 2 and 3 where a value can be told in one text of a request only: by a word before it, or by a detector that saw it
// there. Its other occurrences, in whatever text and however escaped, must not leave either, and all come back.
import type { Sandbox } from '@sluice/sandbox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectorSettings } from '../../src/detectors/detector-settings.ts'
import { detectorServer } from '../harness/detector-server.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { textOf } from '../harness/tutorial-client.ts'

/** Values, and the sentence by which each is told. The server of the test finds names behind these words only. */
const TOLD: readonly (readonly [value: string, sentence: (value: string) => string])[] = [
  ['Renée Ångström', (value) => `My name is ${value}.`],
  ['Grace "Amazing" Hopper', (value) => `My name is ${value}.`],
  ['Bó Lín\nSunny', (value) => `My name is ${value}.`],
  ['王小明', (value) => `My name is ${value}.`],
  ['14 March 1978', (value) => `Date of birth: ${value}.`],
  ['943 476 5919', (value) => `NHS number: ${value}.`],
]
const NAMED = /My name is (.+?)\.(?!\w)/gs

async function running() {
  const server = await detectorServer(({ body }) => ({
    spans: [...body.text.matchAll(NAMED)].map(({ index, 0: whole, 1: name = '' }) => ({
      ...{ entity: 'PERSON', score: 0.9 },
      ...{ start: index + whole.indexOf(name), end: index + whole.indexOf(name) + name.length },
    })),
  }))
  const names: DetectorSettings = {
    ...{ url: server.url, headers: {}, apiKey: undefined, timeoutMs: 60_000 },
    ...{ entities: ['PERSON'], language: undefined, concurrency: 4, queue: 100, cache: 0 },
    kind: 'http',
  }
  const rules = [{ entity: 'PERSON', action: { kind: 'pseudonymize' } }]
  return gatewayOnSandbox({
    gateway: {
      ...{ profile: 'openai', policy: 'own', detectors: { names } },
      policies: { own: { extends: 'private', detectors: ['names'], rules } },
    },
  })
}

/** Everything that a body says, strings that are JSON themselves read once more. */
function saidIn(value: unknown): string {
  if (typeof value === 'string') {
    try {
      const inner: unknown = JSON.parse(value)
      return typeof inner === 'object' ? `${value}\n${saidIn(inner)}` : value
    } catch {
      return value
    }
  }
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, item]) => `${key}\n${saidIn(item)}`)
    .join('\n')
}

function lastSent(sandbox: Sandbox): unknown {
  const chats = sandbox.requests().filter(({ path }) => path.endsWith('/chat/completions'))
  return chats.at(-1)?.body
}

/** As Python writes JSON. */
function inAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const PLACES = ['system', 'user', 'assistant', 'arguments', 'result', 'long', 'tool', 'last']

/** A conversation with the value in every place, told in one of them. */
function conversation(value: string, told: string, place: string) {
  const at = (name: string) => (name === place ? told : `so "${value}", again`)
  const called = { name: 'look_up', arguments: inAscii({ [value]: at('arguments') }) }
  const call = { id: 'call_1', type: 'function', function: called }
  const found = JSON.stringify({ found: [at('result'), { who: value }] })
  return {
    messages: [
      { role: 'system', content: at('system') },
      { role: 'user', content: at('user'), name: 'someone' },
      { role: 'assistant', content: at('assistant') },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: found },
      { role: 'user', content: `${'so it is. '.repeat(500)}${at('long')}` },
      { role: 'user', content: at('last') },
    ],
    tools: [{ type: 'function', function: { name: 'look_up', description: at('tool') } }],
  }
}

describe('a value that is told in one text', () => {
  it('leaves in none, and comes back', async () => {
    const { sandbox, connect } = await running()
    const client = await connect()
    // A detector does not see the definitions of tools.
    const places = PLACES.filter((name) => name !== 'tool')
    const cases = fc.tuple(fc.constantFrom(...TOLD), fc.constantFrom(...places))
    await fc.assert(
      fc.asyncProperty(cases, async ([[value, sentence], place]) => {
        const asked = conversation(value, sentence(value), place)
        const received = await client.ask('sandbox-echo', '', asked)
        const said = saidIn(lastSent(sandbox))
        expect(said).toContain('look_up')
        expect(said).not.toContain(value)
        expect(textOf(received)).toBe(asked.messages.at(-1)?.content)
        sandbox.reset()
      }),
      { numRuns: 60 },
    )
  })

  it('is found as a participant is named, and where tools are defined by whoever tells it', async () => {
    const { sandbox, connect } = await running()
    const description = 'Looks up the patient. Date of birth: 14 March 1978.'
    const messages = [
      { role: 'user', content: 'My name is Grace Hopper.', name: 'Grace_Hopper' },
      { role: 'user', content: 'Born on 14 March 1978, and her neighbour, Grace Hopperson' },
    ]
    const tools = [{ type: 'function', function: { name: 'look_up', description } }]
    const received = await (await connect()).ask('sandbox-echo', '', { messages, tools })
    const said = saidIn(lastSent(sandbox))
    expect(said).not.toMatch(/Grace.Hopper\b|14 March/)
    expect(said).toMatch(/name\nPERSON_\w{4}\n/)
    expect(said).toContain('Grace Hopperson')
    expect(textOf(received)).toBe(messages[1]?.content)
  })

  it('is counted once an occurrence', async () => {
    const { gateway, connect } = await gatewayWithMetrics()
    const said = 'Date of birth: 14 March 1978. So on 14 March 1978, 1978.'
    await (await connect()).ask('sandbox-echo', said)
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text()
    const labels = 'entity="DATE_OF_BIRTH",direction="input",action="pseudonymize"'
    expect(metrics).toContain(`sluice_findings_total{${labels}} 2\n`)
  })
})

function gatewayWithMetrics() {
  return gatewayOnSandbox({ gateway: { profile: 'openai', policy: 'private', adminPort: 0 } })
}
