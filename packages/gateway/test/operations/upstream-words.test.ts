// What clients are told when the upstream fails, over each interface: one text of a closed list and a request id, whatever
// the upstream says, and wherever it says it.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import { chunkEvent, FINISH_EVENTS } from '../harness/scripted-upstream.ts'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { replyTo } from './http-reply.ts'
import { logLines } from './log-lines.ts'

/** Words, numbers and ids of an upstream, none of which may come back. */
const WORDS = 'planted words of the upstream'
const CARD = 4_111_111_111_111_111
const PLANTED = [WORDS, String(CARD), 'planted_code', 'planted_type', 'Planted-Reason']
const ERROR = { message: WORDS, type: `planted_type_${CARD}`, code: CARD, param: WORDS }

/** The texts over WebSockets. */
const TEXTS = [
  /^(Stream initiation failed after retries: )?upstream answered \d{3}: (unknown model, prompt over the window, or a field that this upstream does not take|the credentials were refused|the credits at the upstream are used up|the credentials have no permission for this|no such path or model|the upstream waited too long|the request is too large for this upstream|the upstream could not process the request|the upstream limits the rate|the upstream failed|a redirect, which is not followed|the request was refused)(; its Retry-After of \d{1,5} s is longer than the \d+ ms that are waited at most)?$/,
  /^(Stream initiation failed after retries: )?upstream reported an error( [45]\d\d)? inside its stream$/,
  /^(Stream initiation failed after retries: )?upstream answered HTML or XML instead of an event stream$/,
  /^(Stream initiation failed after retries: )?an event of the upstream (is not JSON|is not a JSON object|is nested deeper than 128|is over 1048576 bytes|has a choice that is no object|has a choice without a proper index|has a choice beyond those that were asked for|has a tool call that is no object|has a tool call without a proper index|has more than 128 tool calls)$/,
  /^(Stream initiation failed after retries: )?the upstream ended its stream before the answer was finished$/,
  /^(Stream initiation failed after retries: )?the body of the upstream's answer is (compressed in a way that is not known here, though none was asked for|not compressed as its header says)$/,
  /^(Stream initiation failed after retries: )?the upstream broke the connection \((UND_ERR_SOCKET|ECONNRESET)\)$/,
  /^the upstream's stream broke off$/,
]

/** The texts over HTTP: what the codes mean. */
const MEANINGS = [
  "The upstream refused the gateway's own credentials",
  'The upstream limits the rate',
  'The upstream refused the request',
  'The upstream failed or cannot be reached',
  'The upstream took too long',
  'The upstream sent what is no answer',
  'The answer broke off',
]

type Fail = (response: ServerResponse) => void

const HEADERS = {
  'x-request-id': WORDS,
  'inin-correlation-id': String(CARD),
  'retry-after': String(CARD),
  location: `http://127.0.0.1:1/${CARD}`,
  'x-planted': WORDS,
}

function refusing(status: number): Fail {
  return (response) => {
    response.writeHead(status, 'Planted-Reason', { ...HEADERS, 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: ERROR, message: WORDS, detail: WORDS, code: CARD }))
  }
}

/** A stream with these bodies of events, or with text as it is. */
function streaming(...events: (object | string)[]): Fail {
  return (response) => {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
    for (const event of events)
      response.write(typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`)
    response.end()
  }
}

const delta = (fields: object, more: object = {}) => ({
  choices: [{ index: 0, delta: fields, finish_reason: null, ...more }],
})
const SAID = chunkEvent('Good day. ')

/** A frame of the stack for each level is more than there are. */
const DEEP = '['.repeat(20_000) + ']'.repeat(20_000)
const nesting = (choice: (deep: string) => string): Fail =>
  streaming(`data: {"choices":[${choice(DEEP)}]}\n\n`)

const FAILURES: readonly (readonly [name: string, fail: Fail, request?: object])[] = [
  ...[302, 400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 451, 500, 502, 503, 504, 524, 599].map(
    (status) => [`answers ${status}`, refusing(status)] as const,
  ),
  ['answers an error as its only event', streaming({ error: ERROR })],
  ['answers an error with a status of sixteen digits', streaming({ error: { status: CARD } })],
  ['answers an error with a status of its own', streaming({ error: { ...ERROR, status: 503 } })],
  ['answers text for an error', streaming({ error: WORDS })],
  ['answers an event of type error', streaming(`event: error\ndata: ${WORDS}\n\n`)],
  ['answers the error body of a platform', streaming({ message: WORDS, code: CARD })],
  ['says an error after some text', streaming(SAID, { error: ERROR })],
  ['has an error in a choice', streaming({ choices: [{ index: 0, error: ERROR }] })],
  ['ends with the finish reason error', streaming(SAID, delta({}, { finish_reason: 'error' }))],
  ['sends what is no JSON', streaming(`data: {"${WORDS}\n\n`)],
  ['sends JSON that is no object', streaming(`data: ["${WORDS}"]\n\n`)],
  [
    'nests an extension',
    nesting((deep) => `{"delta":{"content":"a","reasoning_details":${deep}}}`),
  ],
  [
    'nests arguments',
    nesting((deep) => `{"delta":{"tool_calls":[{"index":0,"function":{"arguments":${deep}}}]}}`),
  ],
  ['nests what nobody knows', nesting((deep) => `{"delta":{"content":"a"},"other":${deep}}`)],
  [
    'nests in one object',
    (response) => {
      response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' })
      response.end(`{"choices":[{"message":{"content":"a","thinking_blocks":${DEEP}}}]}`)
    },
  ],
  ['sends an event that never ends', streaming(`data: ${WORDS}${'x'.repeat(1_100_000)}`)],
  ['sends a web page', streaming(`<html>${WORDS}</html>`)],
  ['has a choice that is text', streaming({ choices: [WORDS] })],
  ['counts choices by words', streaming({ choices: [{ index: WORDS, delta: {} }] })],
  ['has a choice nobody asked for', streaming({ choices: [{ index: CARD, delta: {} }] }), { n: 2 }],
  ['has a tool call that is text', streaming(delta({ tool_calls: [WORDS] }))],
  ['counts tool calls by words', streaming(delta({ tool_calls: [{ index: WORDS }] }))],
  ['counts tool calls to sixteen digits', streaming(delta({ tool_calls: [{ index: CARD }] }))],
  ['ends too soon', streaming(SAID)],
  [
    'compresses by words',
    (response) => {
      response.writeHead(200, { ...HEADERS, 'content-encoding': WORDS }).end(SAID)
    },
  ],
  [
    'says it compresses',
    (response) => {
      response.writeHead(200, { ...HEADERS, 'content-encoding': 'gzip' }).end(SAID + FINISH_EVENTS)
    },
  ],
  ['breaks the connection', (response) => void response.socket?.destroy()],
  [
    'breaks off after some text',
    (response) => {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
      response.write(SAID, () => setImmediate(() => response.socket?.destroy()))
    },
  ],
]

/** What a client was told: the whole of it, the error's text, and the name of the request. */
interface Told {
  all: string
  text: string
  requestId: string
}
type Way = (url: string, request: object) => Promise<Told>

const messages = [{ role: 'user', content: 'hello' }]

const overHttp =
  (stream: boolean): Way =>
  async (url, request) => {
    const reply = await replyTo(url, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages, stream, ...request }),
    })
    const { body, headers } = reply
    const error = body.slice(body.lastIndexOf('{"error"')).trim()
    return {
      all: body + JSON.stringify(headers),
      text: JSON.parse(error).error.message,
      requestId: String(headers['x-request-id']),
    }
  }

const WAYS: readonly (readonly [name: string, way: Way, texts: readonly (RegExp | string)[]])[] = [
  [
    'dialect 1',
    async (url, request) => {
      const client = await TutorialClient.connect(url)
      const last = (await client.ask('m', 'hello', request)).at(-1)
      const all = JSON.stringify(client.received)
      return { all, text: String(last?.message), requestId: String(last?.requestId) }
    },
    TEXTS,
  ],
  [
    'dialect 2',
    async (url, request) => {
      const client = await Dialect2Client.connect(url)
      const followed = client.init('m', { payload: { modelId: 'm', messages, ...request } })
      await ended(followed)
      const { terminal } = followed
      const all = JSON.stringify(client.received)
      return { all, text: String(terminal?.message), requestId: String(terminal?.requestId) }
    },
    TEXTS,
  ],
  ['HTTP, as events', overHttp(true), MEANINGS],
  ['HTTP, as one object', overHttp(false), MEANINGS],
]

async function failingUpstream(fail: Fail): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => fail(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

describe('an upstream that', () => {
  const cases = FAILURES.map(([name, fail, request = {}]) => ({ name, fail, request }))

  it.each(cases)('$name is told of in words of ours alone, with a request id', async (given) => {
    const { fail, request } = given
    const { logger, of, text: log } = logLines()
    const llmBaseUrl = await failingUpstream(fail)
    const gateway = await gatewayForTest({ llmBaseUrl, logger, maxAttempts: 1 })
    for (const [name, way, texts] of WAYS) {
      const { all, text, requestId } = await way(gateway.url, request)
      const known = texts.some((one) => (typeof one === 'string' ? one === text : one.test(text)))
      expect(known, `${name}: ${text}`).toBe(true)
      expect(requestId, name).toMatch(/^[0-9a-f]{32}$/)
      for (const planted of PLANTED) expect(all, name).not.toContain(planted)
      const lines = of('the upstream failed').filter((line) => line.requestId === requestId)
      expect(lines, name).toMatchObject([{ level: 40 }])
    }
    for (const planted of PLANTED) expect(log()).not.toContain(planted)
  })

  it.each([
    ['the key of the gateway', { llmApiKey: 'sk-planted-1234567890' }, 'sk-planted-1234567890'],
    ['a part of it', { llmApiKey: 'sk-planted-1234567890' }, 'planted-12345'],
    ['a header of the gateway', { upstreamHeaders: { 'x-api': 'planted.7890' } }, 'planted.7890'],
    ['personal data', {}, 'DE89370400440532013000'],
  ])('names a request by %s has not named it', async (_what, settings, id) => {
    const { logger, of, text: log } = logLines()
    const llmBaseUrl = await failingUpstream((response) => {
      response.writeHead(400, { 'x-request-id': id }).end()
    })
    const gateway = await gatewayForTest({ llmBaseUrl, logger, ...settings })
    for (const [name, way] of WAYS) expect((await way(gateway.url, {})).all, name).not.toContain(id)
    expect(of('the upstream failed')).toHaveLength(WAYS.length)
    expect(log()).not.toContain(id)
  })

  it('names a request has its name in the log, and in what a client of a WebSocket gets', async () => {
    const { logger, of } = logLines()
    const llmBaseUrl = await failingUpstream((response) => {
      response.writeHead(400, { 'x-request-id': 'req_4bf92f35' }).end()
    })
    const gateway = await gatewayForTest({ llmBaseUrl, logger })
    for (const [name, way, texts] of WAYS) {
      const { text } = await way(gateway.url, {})
      const named = / \(correlation id req_4bf92f35\)$/.test(text)
      expect(named, name).toBe(texts === TEXTS)
    }
    for (const line of of('the upstream failed')) expect(line.correlationId).toBe('req_4bf92f35')
  })
})
