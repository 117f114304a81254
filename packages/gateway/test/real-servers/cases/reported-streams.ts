/** Streams as they were reported: how events are written, kept alive, ended and cut, and errors among them. */
import { type ChunkForm, chunkOf, type ServerCase } from '../server-case.ts'
import { call, HELLO, type Report, report, STOP, textOf } from './report.ts'

const DONE = 'data: [DONE]\n\n'
const event = (form: ChunkForm) => JSON.stringify(chunkOf(form))
const [ONE = '', TWO = '', END = ''] = [textOf('Hello'), textOf(' you'), STOP].map(event)

const REPORTS: readonly Report[] = [
  {
    name: 'seams-without-line-ends',
    says: 'the end of a stream glued to its last chunk, and chunks glued together',
    from: 'Osmantic/ODS#5946, Kong/kong#14499',
    steps: [`data: ${ONE}data: ${TWO}\n\ndata: ${END}data: [DONE]\n\n`],
    expect: HELLO,
  },
  {
    name: 'lines-of-json',
    says: 'chunks on lines of their own, and no event stream',
    from: 'hyperonym/basaran#144, axflow/axflow#61',
    steps: [`${ONE}\n${TWO}\n`, `${END}\n`],
    expect: HELLO,
  },
  {
    name: 'lines-of-json-then-fields',
    says: 'a first chunk without the name of the field before it',
    from: 'hyperonym/basaran#144',
    steps: [`${ONE}\n\ndata: ${TWO}\n\ndata: ${END}\n\n`, DONE],
    expect: HELLO,
  },
  {
    name: 'whole-answer-then-done',
    says: 'a whole answer with the end of a stream behind it',
    from: 'decolua/9router#3492',
    steps: [
      `${JSON.stringify({ id: 'w', choices: [{ index: 0, message: { content: 'Hello you' }, finish_reason: 'stop' }] }, null, 2)}\n\n`,
      DONE,
    ],
    expect: HELLO,
  },
  {
    name: 'whole-answer-behind-blank-lines',
    says: 'blank lines before a whole answer keep the connection alive',
    from: 'inferencerlabs/inferencer-feedback#158',
    steps: [
      '\n\n\n\n',
      '\n',
      JSON.stringify({ id: 'w', choices: [{ message: { content: 'Hello you' } }] }),
    ],
    expect: HELLO,
  },
  {
    name: 'keep-alives-as-data',
    says: 'comments, empty texts and empty lists as data keep a connection alive',
    from: 'mnfst/llm-gateway#2053, anomalyco/opencode#50871, caozhiyuan/copilot-api#88',
    steps: [
      'data: : OPENROUTER PROCESSING\n\n',
      'data: : keepalive\n\n',
      'data: ""\n\n',
      `data: ${ONE}\n\n`,
      'data: []\n\ndata: {}\n\n',
      `data: ${TWO}\n\n: ping\n\n`,
      `data: ${END}\n\n`,
      ': x-omniroute-cost=0.0001\n',
      DONE,
    ],
    expect: HELLO,
  },
  {
    name: 'names-and-ids-of-events',
    says: 'events with names, ids and times to come again are chunks',
    from: 'theopenco/llmgateway#2334',
    steps: [
      `retry: 3000\nid: 1\nevent: chunk\ndata: ${ONE}\n\n`,
      `id: 2\nevent: completion\ndata:${TWO}\n\n`,
      `id: 3\nevent: message\ndata: ${END}\n\n`,
      'event: done\ndata: [DONE]\n\n',
    ],
    expect: HELLO,
  },
  ...['event: done\ndata: DONE\n\n', 'event: done\ndata: {}\n\n', 'event: close\ndata:\n\n'].map(
    (end, i) => ({
      name: `end-in-other-words-${i}`,
      says: 'the end in other words, or none',
      from: 'servers whose framework ends a stream by an event',
      steps: [`data: ${ONE}\n\ndata: ${TWO}\n\ndata: ${END}\n\n`, end],
      expect: HELLO,
    }),
  ),
  {
    name: 'end-without-blank-line',
    says: 'a last chunk that one line end ends, or none, and nothing behind it',
    from: 'openai/openai-node#2725, google-gemini/gemini-cli#29059',
    steps: [`data: ${ONE}\n\ndata: ${TWO}\n\n`, `data: ${END}`],
    expect: HELLO,
  },
  {
    name: 'no-blank-behind-the-colon',
    says: 'no blank behind the colon, and CR LF',
    from: 'openclaw/openclaw#129905, tashfeenahmed/freellmapi#1087, nullclaw/nullclaw#509',
    steps: [`data:${ONE}\r\n\r\ndata:${TWO}\r\n\r\n`, `data:${END}\r\n\r\n`, 'data:[DONE]\r\n\r\n'],
    expect: HELLO,
  },
  {
    name: 'cut-in-a-call',
    says: 'an end in the middle of a call is no success',
    from: 'CommandCodeAI/command-code#785, vllm-project/vllm#52852',
    steps: [
      `data: ${event(call({ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x"' } }))}\n\n`,
    ],
    expect: { terminal: 'error', error: 'before the answer was finished' },
  },
  {
    name: 'cut-in-a-chunk',
    says: 'half a chunk at the end is no success',
    from: 'SamSaffron/term-llm#448',
    steps: [`data: ${ONE}\n\n`, `data: ${TWO.slice(0, 40)}`],
    expect: { terminal: 'error', content: 'Hello' },
  },
  {
    name: 'error-with-empty-choices',
    says: 'an error beside empty choices under status 200',
    from: 'diegosouzapw/OmniRoute#8210, damianvtran/local-operator#223',
    steps: [
      `data: ${ONE}\n\n`,
      `data: ${JSON.stringify({ id: 'g', object: 'chat.completion.chunk', choices: [], error: { code: 502, message: 'SECRET', metadata: { error_type: 'provider_unavailable' } } })}\n\n`,
      DONE,
    ],
    expect: { terminal: 'error', content: 'Hello', absent: ['SECRET'] },
  },
  {
    name: 'error-beside-reason-error',
    says: 'an error beside a choice whose reason is one',
    from: 'damianvtran/local-operator#223, vercel/ai#2720',
    steps: [
      `data: ${ONE}\n\n`,
      `data: ${JSON.stringify({ error: { code: 429, message: 'SECRET' }, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] })}\n\n`,
      DONE,
    ],
    expect: { terminal: 'error', content: 'Hello', error: '429', absent: ['SECRET'] },
  },
  {
    name: 'error-with-success-false',
    says: 'an error with a code, a status and a link',
    from: 'CommandCodeAI/command-code#785, apache/rocketmq-dashboard#2178',
    steps: [
      `data: ${JSON.stringify({ success: false, error: { code: 'INTERNAL_SERVER_ERROR', status: 500, message: 'SECRET', docs: 'https://example.com' } })}\n\n`,
    ],
    expect: { terminal: 'error', error: '500', absent: ['SECRET', 'example.com'] },
  },
  ...['', ': keep-alive\n\n\n'].map((body, i) => ({
    name: `nothing-${i}`,
    says: 'an answer of nothing is no success, and asked for again',
    from: 'decolua/9router#3051, router-for-me/CLIProxyAPI#4296, ENTERPILOT/GoModel#1015',
    steps: [body],
    expect: { terminal: 'error', error: 'before its first event', requests: 3 } as const,
  })),
]

export const REPORTED_STREAMS: readonly ServerCase[] = REPORTS.map(report)
