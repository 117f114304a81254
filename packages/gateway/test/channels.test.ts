// The channels of an answer one after the other, over a real gateway: what the guard held of one comes before the next.
import { describe, expect, it } from 'vitest'
import { gatewayForTest } from './harness/gateway-on-sandbox.ts'
import { FINISH_EVENTS, scriptedUpstream, USAGE_EVENT } from './harness/scripted-upstream.ts'
import { chunksOf, TutorialClient } from './harness/tutorial-client.ts'

type Delta = Readonly<Record<string, unknown>>

/** What a client gets of these deltas, field by field in order; neighbours of one field are joined. */
async function shown(
  deltas: readonly Delta[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<[string, string][]> {
  const events = deltas.map(
    (delta) =>
      `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`,
  )
  const upstream = await scriptedUpstream(() => [USAGE_EVENT, ...events, FINISH_EVENTS])
  const gateway = await gatewayForTest({
    llmBaseUrl: upstream.url,
    llmApiKey: 'key',
    policy: 'standard',
  })
  const client = await TutorialClient.connect(gateway.url)
  const messages = await client.ask('some-model', 'go', more)
  expect(messages.at(-1)?.type).toBe('complete')
  const pieces: [string, string][] = []
  for (const { delta } of chunksOf(messages).flatMap((chunk) => chunk.choices ?? [])) {
    for (const [field, value] of piecesOf(delta)) {
      const last = pieces.at(-1)
      if (last?.[0] === field) last[1] += value
      else pieces.push([field, value])
    }
  }
  return pieces
}

function piecesOf(delta: Delta): [string, string][] {
  const calls = (delta.tool_calls ?? []) as { function?: { arguments?: string } }[]
  const texts = Object.entries(delta).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[0] !== 'role' && entry[1] !== '',
  )
  return [
    ...texts,
    ...calls.map((call): [string, string] => ['call', call.function?.arguments ?? '']),
  ]
}

const call = { index: 0, id: 'call-1', type: 'function', function: { name: 'f', arguments: '{}' } }

describe('what the guard held of a channel', () => {
  it.each(['reasoning_content', 'reasoning'])(
    'comes before the content that follows: %s',
    async (field) => {
      expect(
        await shown([
          { [field]: 'I will ' },
          { [field]: 'greet' },
          { content: 'Hello' },
          { content: ' you' },
        ]),
      ).toEqual([
        [field, 'I will greet'],
        ['content', 'Hello you'],
      ])
    },
  )

  it('comes before a tool call, and before a refusal', async () => {
    expect(await shown([{ content: 'Let me look' }, { tool_calls: [call] }])).toEqual([
      ['content', 'Let me look'],
      ['call', '{}'],
    ])
    expect(await shown([{ content: 'No' }, { refusal: 'Sorry' }])).toEqual([
      ['content', 'No'],
      ['refusal', 'Sorry'],
    ])
  })

  it('is concealed if it was whole', async () => {
    expect(
      await shown([{ reasoning_content: 'mail jo@example.org' }, { content: 'Done' }]),
    ).toEqual([
      ['reasoning_content', 'mail [EMAIL_ADDRESS]'],
      ['content', 'Done'],
    ])
  })

  it('is concealed from where it goes on, if the channel comes again', async () => {
    const deltas = [
      { reasoning_content: 'card 4111 1111 ' },
      { content: 'One moment' },
      { reasoning_content: '1111 1111, so' },
      { content: ' please' },
    ]
    expect(await shown(deltas)).toEqual([
      ['reasoning_content', 'card 4111 1111 '],
      ['content', 'One moment'],
      ['reasoning_content', '[CREDIT_CARD], so'],
      ['content', ' please'],
    ])
  })

  it('waits for no empty text of another, and for none of its own under another name', async () => {
    const deltas = [...'4111 1111 1111 1111 x'].flatMap((character) => [
      { reasoning_content: character, content: '' },
      { reasoning: character },
    ])
    const pieces = await shown(deltas)
    expect(JSON.stringify(pieces)).not.toContain('1')
  })
})

describe('an answer that was asked for in JSON', () => {
  it('stays JSON even if it is a number alone', async () => {
    const asked = { responseFormat: { type: 'json_object' } }
    expect(await shown([{ content: '41111111' }, { content: '11111111' }], asked)).toEqual([
      ['content', '"[CREDIT_CARD]"'],
    ])
    expect(await shown([{ content: '41111111' }, { content: '11111111' }])).toEqual([
      ['content', '[CREDIT_CARD]'],
    ])
  })
})
