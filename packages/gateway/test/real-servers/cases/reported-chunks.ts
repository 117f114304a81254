/** Chunks as they were reported: what has no text, counts, reasons, and names that change. */
import { chunkOf, type ServerCase } from '../server-case.ts'
import { choice, HELLO, type Report, report, STOP, textOf } from './report.ts'

const YOU = [textOf('Hello'), textOf(' you'), STOP]

const REPORTS: readonly Report[] = [
  {
    name: 'choice-without-number',
    says: 'a choice without a number is the first',
    from: 'vercel/ai#4031',
    chunks: [
      { id: 'i', choices: [{ delta: { content: 'Hello' } }] },
      { id: 'i', choices: [{ delta: { content: ' you' } }] },
      { id: 'i', choices: [{ delta: {}, finish_reason: 'stop' }] },
    ],
    expect: HELLO,
  },
  {
    name: 'calls-null-and-text-twice',
    says: 'no calls, a token and the text once more beside the delta',
    from: 'vercel/ai#1865',
    chunks: [
      ...['Hello', ' you'].map((text) =>
        choice({
          text,
          delta: { token_id: 315, role: 'assistant', content: text, tool_calls: null },
        }),
      ),
      STOP,
    ],
    expect: HELLO,
  },
  {
    name: 'usage-without-choices',
    says: 'usage in a chunk that has no choices, with a time in milliseconds',
    from: 'vercel/ai#7417',
    chunks: [
      ...YOU,
      {
        id: 'v',
        object: 'chat.completion.chunk',
        created: 1_752_978_879_176,
        usage: { completion_tokens: 2 },
      },
    ],
    expect: { ...HELLO, usage: { completion_tokens: 2 }, tokenCount: 2 },
  },
  {
    name: 'filters-of-azure',
    says: 'results of filters in chunks without names, choices or deltas',
    from: 'langchain-ai/langchain#18977, microsoft/autogen#6465, openai/openai-python#1677',
    chunks: [
      {
        id: '',
        object: '',
        created: 0,
        model: '',
        choices: [],
        prompt_filter_results: [
          { prompt_index: 0, content_filter_results: { hate: { filtered: false } } },
        ],
      },
      ...YOU,
      {
        id: '',
        object: '',
        created: 0,
        model: '',
        choices: [
          {
            index: 0,
            finish_reason: null,
            content_filter_results: { hate: { filtered: false, severity: 'safe' } },
            content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 198 },
          },
        ],
      },
    ],
    expect: HELLO,
  },
  {
    name: 'filter-of-azure-failed',
    says: 'a filter that could not look is no error of the answer',
    from: 'Azure, content_filter_result.error with the code content_filter_error',
    chunks: [
      choice({
        delta: { content: 'Hello you' },
        content_filter_result: { error: { code: 'content_filter_error', message: 'not filtered' } },
      }),
      STOP,
    ],
    expect: HELLO,
  },
  {
    name: 'keep-alive-as-chunk',
    says: 'chunks that keep alive, under another name and without a role',
    from: 'jundot/omlx#1478, jundot/omlx#2074',
    chunks: [
      {
        id: 'chatcmpl-keepalive',
        object: 'chat.completion.chunk',
        created: 0,
        model: 'keepalive',
        choices: [{ index: 0, delta: { content: '' }, finish_reason: null }],
      },
      { $delta: { role: 'assistant' } },
      ...YOU,
    ],
    expect: { ...HELLO, ids: ['cmpl-77'] },
  },
  {
    name: 'id-new-in-each-chunk',
    says: 'each chunk has a name of its own',
    from: 'BerriAI/litellm#1571',
    chunks: ['Hello', ' you', ''].map((content, i) => ({
      id: `chatcmpl-${i}`,
      object: 'chat.completion.chunk',
      model: 'm-1',
      system_fingerprint: null,
      usage: {},
      choices: [
        { index: 0, delta: { content, role: null }, finish_reason: i === 2 ? 'stop' : null },
      ],
    })),
    expect: HELLO,
  },
  {
    name: 'reasons-empty',
    says: 'an empty finish reason is none',
    from: 'ollama/ollama#4357',
    chunks: [
      choice({ delta: { role: 'assistant', content: 'Hello' }, finish_reason: '' }),
      choice({ delta: { role: 'assistant', content: ' you' }, finish_reason: '' }),
      choice({ delta: { role: 'assistant', content: '' }, finish_reason: 'stop' }),
    ],
    expect: HELLO,
  },
  {
    name: 'reasons-twice',
    says: 'a finish reason with the last text, and once more behind it',
    from: 'sgl-project/sglang#8417',
    chunks: [
      textOf('Hello'),
      choice({ delta: { content: ' you' }, finish_reason: 'stop', matched_stop: 151_645 }),
      STOP,
    ],
    expect: HELLO,
  },
  {
    name: 'reason-with-text-and-usage',
    says: 'text, finish reason and usage in one chunk',
    from: 'NousResearch/hermes-agent#91373, vllm-project/vllm#35705',
    chunks: [
      textOf('Hello'),
      {
        ...chunkOf({ $choice: { index: 0, delta: { content: ' you' }, finish_reason: 'length' } }),
        usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
      },
    ],
    expect: { content: 'Hello you', finish: 'length', tokenCount: 2 },
  },
  {
    name: 'usage-in-each-chunk',
    says: 'usage in each chunk, of zeros until the last',
    from: 'router-for-me/CLIProxyAPI#3077, google-genai#1204',
    chunks: [
      ...['Hello', ' you'].map((content) => ({
        ...chunkOf({ $text: content }),
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      })),
      { ...chunkOf(STOP), usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } },
    ],
    expect: { ...HELLO, tokenCount: 2, usage: { prompt_tokens: 9 } },
  },
  {
    name: 'usage-that-grows',
    says: 'usage in each chunk of what there is so far',
    from: 'langchain-ai/langchainjs#8694, langchain-ai/langchain#39924',
    chunks: [
      ...['Hello', ' you'].map((content, i) => ({
        ...chunkOf({ $text: content }),
        usage: { prompt_tokens: 9, completion_tokens: i + 1, total_tokens: 10 + i },
      })),
      { ...chunkOf(STOP), usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 } },
    ],
    expect: { ...HELLO, tokenCount: 7, usage: { completion_tokens: 7 } },
  },
  {
    name: 'roles-and-contents-null',
    says: 'nothing but nulls before the thoughts end',
    from: 'sgl-project/sglang#18335, sgl-project/sglang#9657',
    chunks: [
      { $delta: { role: null, content: null, reasoning_content: null, tool_calls: null } },
      { $delta: { role: null, content: null, reasoning_content: '1+1', tool_calls: null } },
      { $delta: { role: null, content: 'Hello you', reasoning_content: null, tool_calls: null } },
      STOP,
    ],
    expect: { ...HELLO, thinking: '1+1' },
  },
  {
    name: 'reasoning-empty-beside-text',
    says: 'empty reasoning beside each text',
    from: 'scriptology/open-course-cli#108, Alishahryar1/free-claude-code#1699',
    chunks: [
      { $delta: { content: 'Hello', reasoning_content: '' } },
      { $delta: { content: ' you', reasoning_content: '', reasoning: null } },
      STOP,
    ],
    expect: { ...HELLO, thinking: '' },
  },
  {
    name: 'contents-missing',
    says: 'deltas that leave out what they do not say',
    from: 'cline/cline#12132',
    chunks: [
      { $delta: { role: 'assistant' } },
      { $delta: { reasoning_content: 'Hm.' } },
      { $delta: {} },
      ...YOU,
    ],
    expect: { ...HELLO, thinking: 'Hm.' },
  },
  {
    name: 'progress-of-the-prompt',
    says: 'progress and times beside the choices, and in a chunk of their own',
    from: 'ggml-org/llama.cpp#15827',
    chunks: [
      {
        ...chunkOf({ $delta: { role: 'assistant', content: null } }),
        prompt_progress: { total: 237, cache: 0, processed: 128, time_ms: 181 },
      },
      ...YOU,
      {
        id: 'c',
        object: 'chat.completion.chunk',
        choices: [],
        timings: { predicted_n: 35, predicted_ms: 66.1 },
      },
    ],
    expect: HELLO,
  },
  {
    name: 'sources-before-the-chunks',
    says: 'sources and states as events of their own',
    from: 'openai-php/client#545, open-webui/open-webui#23917',
    chunks: [
      { sources: [{ source: { name: 'a' }, document: ['b'] }] },
      { selected_model_id: 'm-1' },
      { event: { type: 'status', data: { description: 'searching', done: false } } },
      ...YOU,
    ],
    expect: HELLO,
  },
  {
    name: 'obfuscation',
    says: 'padding of another length in each chunk',
    from: 'OpenAI stream_options.include_obfuscation, zed-industries/zed#53605',
    chunks: ['Hello', ' you']
      .map((content, i) => ({
        ...chunkOf({ $text: content }),
        [i === 0 ? 'p' : 'obfuscation']: 'abcdefgh'.slice(i),
      }))
      .concat([chunkOf(STOP) as never]),
    expect: HELLO,
  },
  {
    name: 'references-among-parts',
    says: 'references among the parts of a text are no text',
    from: 'Mistral, reference chunks',
    chunks: [
      { $delta: { content: [{ type: 'text', text: 'Hello' }] } },
      { $delta: { content: [{ type: 'reference', reference_ids: [0, 1] }] } },
      { $delta: { content: [{ type: 'text', text: ' you' }] } },
      STOP,
    ],
    expect: HELLO,
  },
  {
    name: 'all-is-well-beside-the-choices',
    says: 'a code that says that all is well is no error',
    from: 'iFlytek Spark, code 0 and message Success in each chunk',
    chunks: YOU.map((form) => ({ ...chunkOf(form), code: 0, message: 'Success', sid: 'cha-1' })),
    expect: HELLO,
  },
  {
    name: 'content-between-delta-and-message',
    says: 'content in a field beside a delta that is null',
    from: 'NVIDIA/NeMo-Agent-Toolkit#818',
    chunks: [
      choice({ delta: null, message: { role: null, content: 'Hello' } }),
      choice({ delta: null, message: { role: null, content: ' you' } }),
      choice({ delta: null, message: { role: null, content: '' }, finish_reason: 'stop' }),
    ],
    expect: HELLO,
  },
  {
    name: 'characters-of-all-kinds',
    says: 'escapes, separators, halves of pairs and zeros are the same text under each policy',
    from: 'writers of JSON that escape all, some or nothing',
    chunks: [
      textOf('a\u0000b\u2028c\u2029d\u0085e\ufefff'),
      textOf('\ud83d'),
      textOf('\ude80\t"\\/'),
      STOP,
    ],
    expect: { content: 'a\u0000b\u2028c\u2029d\u0085e\ufefff\ud83d\ude80\t"\\/', finish: 'stop' },
  },
]

export const REPORTED_CHUNKS: readonly ServerCase[] = REPORTS.map(report)
