// An upstream whose bytes come one by one, through a whole gateway: the same answer as in one piece, and as guarded.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dialect2Client, ended } from './harness/dialect-2-client.ts'
import { gatewayForTest } from './harness/gateway-on-sandbox.ts'
import { FINISH_EVENTS, scriptedUpstream, USAGE_EVENT } from './harness/scripted-upstream.ts'
import { chunksOf, type Message, TutorialClient } from './harness/tutorial-client.ts'
import { eventsOf } from './http/http-gateway.ts'
import { replyTo } from './operations/http-reply.ts'

/** What an answer says in its places, by the names that dialect 2's client gives them. */
type Said = Record<string, string>
type Delta = Record<string, unknown>
type Way = (url: string) => Promise<Said>

async function* byteByByte(stream: string): AsyncIterable<Uint8Array> {
  for (const byte of Buffer.from(stream)) {
    yield Uint8Array.of(byte)
    // Each is read by itself: the gateway is in this process and has a turn now.
    await new Promise(setImmediate)
  }
}

/** A gateway with `standard` before an upstream that sends `stream()` in one piece or byte by byte. */
async function gatewayOn(stream: () => string, inBytes: boolean): Promise<string> {
  const { url } = await scriptedUpstream(() =>
    inBytes ? byteByByte(stream()) : [Buffer.from(stream())],
  )
  return (await gatewayForTest({ llmBaseUrl: url, policy: 'standard' })).url
}

const event = (delta: Delta) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
const streamOf = (deltas: readonly Delta[]) =>
  deltas.map(event).join('') + FINISH_EVENTS.replace('data: [DONE]', `${USAGE_EVENT}data: [DONE]`)

const call = (index: number, text: string, start: object = {}) => ({
  tool_calls: [
    { index, ...start, function: { ...('id' in start && { name: 'find' }), arguments: text } },
  ],
})

interface Part {
  index: number
  function?: { name?: string; arguments?: string }
}

/** Puts the deltas of chunks together. */
function joined(deltas: readonly Delta[]): Said {
  const said: Said = {}
  const add = (place: string, text = '') => {
    if (text !== '') said[place] = (said[place] ?? '') + text
  }
  for (const { content, reasoning_content: reasoning, tool_calls: calls } of deltas) {
    add('content 0', content as string)
    add('reasoning 0', reasoning as string)
    for (const { index, function: called } of (calls ?? []) as Part[])
      add(`tool 0 ${index}`, `${called?.name ?? ''}${called?.arguments ?? ''}`)
  }
  return said
}

const WAYS: Record<string, Way> = {
  'dialect 1': async (url) => {
    const client = await TutorialClient.connect(url)
    const received: Message[] = await client.ask('m')
    expect(received.at(-1)?.type).toBe('complete')
    return joined(chunksOf(received).flatMap(({ choices = [] }) => choices.map((c) => c.delta)))
  },
  'dialect 2': async (url) => {
    const client = await Dialect2Client.connect(url)
    const followed = client.init('m')
    expect(await ended(followed)).toEqual(['complete'])
    expect(client.faults).toEqual([])
    return followed.visible
  },
  HTTP: async (url) => {
    const messages = [{ role: 'user', content: 'hello' }]
    const { body } = await replyTo(url, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages, stream: true }),
    })
    const events = eventsOf(body)
    expect(events.pop()).toBe('[DONE]')
    const chunks = events.filter((one) => one !== '[DONE]')
    return joined(chunks.flatMap(({ choices }) => choices.map((c) => ({ ...c.delta }))))
  },
}

const ways = Object.entries(WAYS)

describe.each(ways)('bytes that come one by one, over %s', (_name, told) => {
  it('are guarded like any others, in text, reasoning and tool calls', async () => {
    const deltas = [
      { role: 'assistant', content: '' },
      { reasoning_content: 'They are jane.doe@' },
      { reasoning_content: 'example.com.' },
      { content: 'Grüße 👩‍💻: 4111 11' },
      { content: '11 1111 1111, 𝒷𝓎𝑒' },
      call(0, '{"card":"4111\\u0031111', { id: 'call_1', type: 'function' }),
      call(0, '11111111","to":"A1"}'),
      call(1, '{}', { id: 'call_2', type: 'function' }),
    ]
    const url = await gatewayOn(() => streamOf(deltas), true)
    expect(await told(url)).toEqual({
      'reasoning 0': 'They are [EMAIL_ADDRESS].',
      'content 0': 'Grüße 👩‍💻: [CREDIT_CARD], 𝒷𝓎𝑒',
      'tool 0 0': 'find{"card":"[CREDIT_CARD]","to":"A1"}',
      'tool 0 1': 'find{}',
    })
  })

  it('say the same as in one piece, for any answer', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      fc.constantFrom(
        '4111 1111 ',
        '1111 1111',
        'jane@',
        'example.com ',
        '"',
        '\\',
        '\n',
        '😀',
        '\r',
      ),
    )
    const delta = fc.oneof(
      piece.map((content): Delta => ({ content })),
      piece.map((text): Delta => ({ reasoning_content: text })),
      fc.nat(1).chain((index) => piece.map((text): Delta => call(index, JSON.stringify({ text })))),
    )
    let deltas: Delta[] = []
    const stream = () => streamOf(deltas)
    const [whole, bytes] = [await gatewayOn(stream, false), await gatewayOn(stream, true)]
    const answers = fc.array(delta, { minLength: 1, maxLength: 8 })
    const law = fc.asyncProperty(answers, async (said) => {
      deltas = [{ content: 'So: ' }, ...said]
      expect(await told(bytes)).toEqual(await told(whole))
    })
    await fc.assert(law, { numRuns: 15 })
  })
})
