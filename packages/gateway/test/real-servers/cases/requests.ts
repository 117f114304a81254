/** What clients ask, in OpenAI's words and ours, and what the server gets of it. */
import type { ServerCase } from '../server-case.ts'

const ALL = ['off', 'seed', 'standard', 'strict']
const ANSWER = { chunks: [{ $text: 'Fine.' }, { $finish: 'stop' }] }

const reaches = (name: string, request: object, body: Record<string, unknown>): ServerCase => ({
  name,
  says: 'it reaches the server',
  policies: ALL,
  upstream: ANSWER,
  request: request as Record<string, unknown>,
  expect: { '*': { terminal: 'complete', content: 'Fine.', body } },
})

const refused = (name: string, request: object, error: string): ServerCase => ({
  name,
  says: 'it is refused by name',
  policies: ['standard'],
  upstream: ANSWER,
  request: request as Record<string, unknown>,
  expect: { '*': { terminal: 'error', error, requests: 0 } },
})

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })

export const REQUESTS: readonly ServerCase[] = [
  reaches('max-tokens', { max_tokens: 7 }, { max_tokens: 7 }),
  reaches('max-completion-tokens', { max_completion_tokens: 8 }, { max_tokens: 8 }),
  reaches(
    'sampling',
    { top_p: 0.5, n: 1, stop: ['END'], seed: 3, frequency_penalty: 1, presencePenalty: -1 },
    { top_p: 0.5, n: 1, stop: ['END'], seed: 3, frequency_penalty: 1, presence_penalty: -1 },
  ),
  reaches('effort', { reasoning_effort: 'high' }, { reasoning_effort: 'high' }),
  reaches(
    'tools',
    {
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
    },
    { 'tools.0.function.name': 'f', tool_choice: 'auto', parallel_tool_calls: false },
  ),
  reaches('nulls', { stop: null, max_tokens: null, logit_bias: null }, { stop: null }),
  reaches('same-twice', { max_tokens: 5, maxTokens: 5 }, { max_tokens: 5 }),
  reaches(
    'text-parts',
    user([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]),
    { 'messages.0.content': 'one\ntwo' },
  ),
  refused('image-part', user([{ type: 'image_url', image_url: { url: 'x' } }]), 'list of parts'),
  refused('contradiction', { max_tokens: 5, maxTokens: 6 }, 'max_tokens: is given under two names'),
  refused('old-functions', { functions: [] }, 'functions: .*cannot honour'),
  refused('bias', { logit_bias: { 1: 2 } }, 'logit_bias'),
  refused('too-many-answers', { n: 9 }, '\\bn: '),
  refused('model', { modelId: undefined, model: 'm' }, 'belongs into `modelId`'),
  {
    name: 'second-turn-guarded',
    says: 'the texts of extension fields go through the guard, and the rest comes back as it was',
    policies: ['standard', 'strict'],
    upstream: ANSWER,
    request: {
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'Ask lena.brandt@example.net.',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZXhhbXBsZQ==' }],
          tool_calls: [
            {
              id: 'x'.repeat(5_000),
              type: 'function',
              function: { name: 'f', arguments: '{}' },
              extra_content: { google: { thought_signature: 'Rm9v' } },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'x'.repeat(5_000), content: '7' },
      ],
    },
    expect: {
      '*': {
        terminal: 'complete',
        body: {
          'messages.1.reasoning_content': 'Ask [EMAIL_ADDRESS].',
          'messages.1.reasoning_details.0.data': 'ZXhhbXBsZQ==',
          'messages.1.tool_calls.0.extra_content.google.thought_signature': 'Rm9v',
          'messages.2.tool_call_id': 'x'.repeat(5_000),
        },
      },
    },
  },
]
