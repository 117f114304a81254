/** Tool calls as they were reported. */

import type { ChunkForm, ServerCase } from '../server-case.ts'
import { call, choice, type Report, report } from './report.ts'

const SOW = { calls: [{ id: 'a', name: 'sow', arguments: '{"x":1}' }], finish: 'tool_calls' }
const BOTH = {
  calls: [
    { id: 'a', name: 'sow', arguments: '{"x":1}' },
    { id: 'b', name: 'reap', arguments: '{"y":2}' },
  ],
  finish: 'tool_calls',
}
const ENDED: ChunkForm = { $finish: 'tool_calls' }

const REPORTS: readonly Report[] = [
  {
    name: 'name-in-words-null',
    says: 'a name that is the word null is none',
    from: 'BerriAI/litellm#12513',
    chunks: [
      call({ index: 0, id: 'a', type: 'FUNCTION', function: { name: 'sow', arguments: '{"x"' } }),
      call({ index: 0, id: '', type: 'FUNCTION', function: { name: 'null', arguments: ':1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'id-in-words-null',
    says: 'an id that is the word null is none, before the real one and behind it',
    from: 'zed-industries/zed#53605',
    chunks: [
      call({ index: 0, id: 'null', function: { name: 'sow', arguments: '' } }),
      call({ index: 0, id: 'a', function: { name: '', arguments: '{"x"' } }),
      call({ index: 0, id: 'null', function: { name: '', arguments: ':1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'two-ids-in-words-null',
    says: 'two calls whose ids are the word null are two',
    from: 'langgenius/dify-official-plugins#3487',
    chunks: [
      call({ id: 'null', function: { name: 'sow', arguments: '{"x":1}' } }),
      call({ id: 'null', function: { name: 'reap', arguments: '{"y":2}' } }),
      ENDED,
    ],
    expect: {
      calls: [
        { name: 'sow', arguments: '{"x":1}' },
        { name: 'reap', arguments: '{"y":2}' },
      ],
    },
  },
  {
    name: 'index-below-zero',
    says: 'a number below zero is none',
    from: 'aws-samples/bedrock-access-gateway#247, langchain4j/langchain4j#6254',
    chunks: [
      { $text: 'Wait.' },
      call({ index: -1, id: 'a', function: { name: 'sow', arguments: '' } }),
      call({ index: -1, function: { arguments: '{"x":1}' } }),
      call({ index: 0, id: 'b', function: { name: 'reap', arguments: '' } }),
      call({ index: 0, function: { arguments: '{"y":2}' } }),
      ENDED,
    ],
    expect: BOTH,
  },
  {
    name: 'index-of-the-tool',
    says: 'arguments under another number than their head go to the last call',
    from: 'sgl-project/sglang#6310',
    chunks: [
      call({ index: 2, id: 'a', function: { name: 'sow', arguments: '' } }),
      call({ index: 0, id: null, function: { name: null, arguments: '{"x"' } }),
      call({ index: 0, id: null, function: { name: null, arguments: ':1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'numbers-without-a-head',
    says: 'parts of two numbers that no head named are of two calls',
    from: 'a schedule of our own tests',
    chunks: [
      call({ index: 1, function: { arguments: '{"y":2}' } }),
      call({ index: 0, function: { arguments: '{"x":1}' } }),
      ENDED,
    ],
    expect: {
      calls: [
        { name: '', arguments: '{"x":1}' },
        { name: '', arguments: '{"y":2}' },
      ],
    },
  },
  {
    name: 'index-of-the-head-astray',
    says: 'a second head under the number of the first, and its arguments under their own',
    from: 'agno-agi/agno#8880',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }),
      call({ index: 0, id: 'b', function: { name: 'reap', arguments: '' } }),
      call({ index: 1, function: { arguments: '{"y":2}' } }),
      ENDED,
    ],
    expect: BOTH,
  },
  {
    name: 'id-known-number-new',
    says: 'an id that is known is that call, whatever its number',
    from: 'agno-agi/agno#8880',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x"' } }),
      call({ index: 1, id: 'b', function: { name: 'reap', arguments: '{"y"' } }),
      call({ index: 5, id: 'a', function: { arguments: ':1}' } }),
      call({ index: 6, id: 'b', function: { arguments: ':2}' } }),
      ENDED,
    ],
    expect: BOTH,
  },
  {
    name: 'number-zero-ids-empty',
    says: 'each call under number 0, and parts with an empty id',
    from: 'InternLM/lmdeploy#3412',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '' } }),
      call({ index: 0, id: '', function: { name: null, arguments: '{"x":1}' } }),
      call({ index: 0, id: 'b', function: { name: 'reap', arguments: '' } }),
      call({ index: 0, id: '', function: { name: null, arguments: '{"y":2}' } }),
      ENDED,
    ],
    expect: BOTH,
  },
  {
    name: 'number-zero-ids-repeated',
    says: 'each call under number 0, with its id in each part',
    from: 'InternLM/lmdeploy#3412, BerriAI/litellm#20480',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x"' } }),
      call({ index: 0, id: 'a', type: 'function', function: { arguments: ':1}' } }),
      call({ index: 0, id: 'b', function: { name: 'reap', arguments: '{"y"' } }),
      call({ index: 0, id: 'b', type: 'function', function: { arguments: ':2}' } }),
      ENDED,
    ],
    expect: BOTH,
  },
  {
    name: 'name-behind-the-id',
    says: 'a name that comes after the id, with the arguments or before them',
    from: 'anomalyco/opencode#24137',
    chunks: [
      call({ index: 0, id: 'a', type: 'function', function: { arguments: '' } }),
      call({ index: 0, function: { name: 'sow', arguments: '{"x"' } }),
      call({ index: 0, function: { arguments: ':1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'name-empty-in-parts',
    says: 'an empty name says nothing',
    from: 'tontinton/maki#785',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '' } }),
      call({ index: 0, function: { name: '', arguments: '{"x"' } }),
      call({ index: 0, function: { name: '', arguments: ':1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'arguments-null-first',
    says: 'arguments that are null at first are none yet',
    from: 'shiaho777/web-to-app#395',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: null } }),
      call({ index: 0, id: null, type: null, function: { arguments: '{"x":1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'type-behind-the-arguments',
    says: 'a type that comes last changes nothing',
    from: 'vercel/ai#5350, vercel/ai#6041',
    chunks: [
      call({ index: 0, id: 'a', type: null, function: { name: 'sow', arguments: '{"x":1}' } }),
      call({ index: 0, type: 'function', function: { arguments: '' } }),
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'arguments-whole-once-more',
    says: 'the whole arguments behind their pieces are not told twice',
    from: 'lidge-jun/opencodex#361',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '' } }),
      call({ index: 0, function: { arguments: '{"x"' } }),
      call({ index: 0, function: { arguments: ':1}' } }),
      call({ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }),
      ENDED,
    ],
    expect: SOW,
  },
  ...['tool_calls', 'stop'].map((reason) => ({
    name: `arguments-none-${reason}`,
    says: 'a call that never gets arguments has an empty object',
    from: 'vercel/ai#6687, Kilo-Org/cloud#4753, sigoden/aichat#1217',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'look', arguments: '' } }),
      { $finish: reason },
    ],
    expect: { calls: [{ id: 'a', name: 'look', arguments: '{}' }], finish: 'tool_calls' },
  })),
  {
    name: 'arguments-none-cut',
    says: 'a call that was cut before its arguments has none',
    from: 'open-webui/computer#252',
    chunks: [
      call({ index: 0, id: 'a', function: { name: 'look', arguments: '' } }),
      { $finish: 'length' },
    ],
    expect: { calls: [{ id: 'a', name: 'look', arguments: '' }], finish: 'length' },
  },
  {
    name: 'arguments-as-empty-list',
    says: 'an empty list in place of arguments is an empty object',
    from: 'servers in PHP, where both are array()',
    chunks: [call({ index: 0, id: 'a', function: { name: 'look', arguments: [] } }), ENDED],
    expect: { calls: [{ id: 'a', name: 'look', arguments: '{}' }] },
  },
  {
    name: 'calls-beside-empty-content',
    says: 'empty content before and beside a call is no answer',
    from: 'sgl-project/sglang#29441',
    chunks: [
      { $delta: { role: 'assistant' } },
      { $delta: { content: '' } },
      {
        $delta: {
          content: '',
          tool_calls: [{ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }],
        },
      },
      ENDED,
    ],
    expect: { ...SOW, content: '' },
  },
  {
    name: 'call-in-the-last-chunk',
    says: 'a call in the chunk of the finish reason is whole',
    from: 'vllm-project/vllm-ascend#8327',
    chunks: [
      choice({
        delta: {
          tool_calls: [{ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }],
        },
        finish_reason: 'tool_calls',
      }),
    ],
    expect: SOW,
  },
  {
    name: 'role-behind-the-call',
    says: 'a role that comes with each part or is empty changes nothing',
    from: 'MiniMax-AI/MiniMax-M2.5#2, Effect-TS/effect#8335',
    chunks: [
      { $delta: { role: '', reasoning_content: '' } },
      {
        $delta: {
          role: null,
          tool_calls: [{ index: 0, id: 'a', function: { name: 'sow', arguments: '{"x":1}' } }],
        },
      },
      ENDED,
    ],
    expect: SOW,
  },
  {
    name: 'reason-of-a-token-behind-a-call',
    says: 'a call that is no list, and the token that ended it for a reason',
    from: 'huggingface/text-generation-inference#2794, #2136',
    chunks: [
      {
        $delta: {
          tool_calls: {
            index: 0,
            id: 'a',
            type: 'function',
            function: { name: 'sow', arguments: '{"x":1}' },
          },
        },
      },
      { $finish: 'eos_token' },
    ],
    expect: SOW,
  },
]

export const REPORTED_CALLS: readonly ServerCase[] = REPORTS.map(report)
