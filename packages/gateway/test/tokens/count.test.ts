// Counting: equal to gpt-tokenizer on any text, fair to others on the worst of them, and gone at once when aborted.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { countTokens as cl100k } from 'gpt-tokenizer/encoding/cl100k_base'
import { countTokens as o200k } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../src/scheduler.ts'
import {
  type CountOptions,
  countMessages,
  countTokens,
  promptTokens,
} from '../../src/tokens/count.ts'
import { type EncodingName, loadEncoding } from '../../src/tokens/encoding.ts'
import { longMergeSteps, mergeShort } from '../../src/tokens/merge.ts'
import { NO_RANK, RankTable } from '../../src/tokens/rank-table.ts'

type Peer = typeof cl100k
const ENCODINGS: readonly (readonly [EncodingName, Peer])[] = [
  ['cl100k_base', cl100k],
  ['o200k_base', o200k],
]

const TEXTS = [
  '',
  ' ',
  '   \n\n\t \r\n ',
  'Hello, world!',
  "I'm sure they'll say it's what we'd've done; you're RIGHT, DON'T",
  '1234567890 3.14159 0x1F 10,000,000',
  '<|endoftext|> <|im_start|>user<|im_sep|>hi<|im_end|> <|fim_prefix|>',
  'Grüße aus Köln, señor Muñoz! Ваш заказ готов. ご注文の品は明日届きます。您的退款已处理。',
  '👩‍💻🚀 𝒷𝓎𝑒 e\u0301tude \u200b',
  'function f(a) {\n    return a?.b ?? [];\n}\n',
  'a'.repeat(2_000),
  '字'.repeat(700),
  ' '.repeat(1_500),
  `${'ab'.repeat(600)}${'-'.repeat(900)}`,
]

const anyText = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...TEXTS.slice(0, 10)),
      fc.constantFrom(' ', '\n', "'s", 'ing', '。', 'の', '🏳️‍🌈', '<|endoftext|>'),
      fc
        .tuple(fc.constantFrom('a', 'xyz', '字', '\n', '=-'), fc.nat(300))
        .map(([unit, n]) => unit.repeat(n)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.from(parts.join('')).toString())

async function counting(name: EncodingName, signal?: AbortSignal): Promise<CountOptions> {
  return { encoding: await loadEncoding(name), task: new Scheduler().task('client', signal) }
}

describe.each(ENCODINGS)('countTokens with %s', (name, peer) => {
  const expected = (text: string) => peer(text, { disallowedSpecial: new Set() })

  it.each(TEXTS)('counts %j as gpt-tokenizer does', async (text) => {
    expect(await countTokens(text, await counting(name))).toBe(expected(text))
  })

  it('counts any text as gpt-tokenizer does', async () => {
    const options = await counting(name)
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await countTokens(text, options)).toBe(expected(text))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a megabyte of one letter', 'a'.repeat(1_000_000)],
    ['a megabyte without a space', 'abcdefghij'.repeat(100_000)],
    ['50,000 CJK characters', '数据流安全网关'.repeat(7_143)],
    ['a megabyte of words', 'the quick brown fox '.repeat(50_000)],
    ['a megabyte of blanks', ' '.repeat(1_000_000)],
  ])('lets others have their turn while it counts %s', async (_name, text) => {
    const options = await counting(name)
    let [longestMs, turns, last] = [0, 0, process.cpuUsage()]
    const beat = setInterval(() => {
      const { user, system } = process.cpuUsage(last)
      longestMs = Math.max(longestMs, (user + system) / 1_000)
      last = process.cpuUsage()
      turns += 1
    }, 1)
    try {
      expect(await countTokens(text, options)).toBeGreaterThan(1_000)
    } finally {
      clearInterval(beat)
    }
    expect(turns).toBeGreaterThan(0)
    // Time of this process's own work, garbage collection included: a stall takes seconds of it.
    expect(longestMs).toBeLessThan(200)
  })

  it('counts long texts as gpt-tokenizer does, wherever they are cut into parts', async () => {
    const options = await counting(name)
    const pieces = [...TEXTS.slice(1, 10), ...TEXTS.slice(10).map((text) => text.slice(0, 90))]
    for (let shift = 0; shift < 20; shift += 1) {
      const text = `${'x'.repeat(shift)} ${pieces.join(' ').repeat(100)}`
      expect(text.length).toBeGreaterThan(65_536)
      expect(await countTokens(text, options)).toBe(expected(text))
    }
  })

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController()
    const options = await counting(name, controller.signal)
    const counted = countTokens('a'.repeat(1_000_000), options)
    controller.abort('enough')
    await expect(counted).rejects.toBe('enough')
  })

  it.each([
    ['words', 'the quick brown fox '.repeat(50_000)],
    ['letters without a blank', 'abcdefghij'.repeat(100_000)],
  ])('stops soon after its limit: %s', async (_, text) => {
    const count = await countTokens(text, { ...(await counting(name)), limit: 1_000 })
    expect(count).toBeGreaterThan(1_000)
    expect(count).toBeLessThan(20_000)
  })

  it('counts a megabyte without a blank in blocks, to one token in 32,768 bytes', async () => {
    const text = 'abcdefghij'.repeat(100_000)
    const count = await countTokens(text, await counting(name))
    expect(Math.abs(count - 200_000)).toBeLessThanOrEqual(2 * (1_000_000 / 32_768))
  })
})

// gpt-tokenizer looks tokens up by decoded text and loses the mark on the way; tiktoken has tokens for these.
it.each(['\ufeff', ' \ufeff', '\ufeffusing'])(
  'countTokens with cl100k_base counts one token where a byte order mark is part of it: %j',
  async (text) => expect(await countTokens(text, await counting('cl100k_base'))).toBe(1),
)

function tableOf(tokens: readonly string[]): RankTable {
  const lines = tokens.map(
    (token, rank) => `${Buffer.from(token, 'latin1').toString('base64')} ${rank}`,
  )
  return new RankTable(Buffer.from(lines.join('\n')))
}

describe('RankTable', () => {
  it('knows the rank of each token, wherever it stands, and of nothing else', () => {
    const token = fc
      .uint8Array({ minLength: 1, maxLength: 9 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1 }), token, (tokens, other) => {
        const table = tableOf(tokens)
        for (const [rank, text] of tokens.entries())
          expect(table.rank(`${other}${text}!`, other.length, other.length + text.length)).toBe(
            rank,
          )
        expect(table.rank(other, 0, other.length)).toBe(tokens.indexOf(other))
      }),
    )
  })

  it.each(['cl100k_base', 'o200k_base'] as const)('reads every token of %s', async (name) => {
    const { default: tokens } = await import(`gpt-tokenizer/bpeRanks/${name}`)
    const { resolve } = createRequire(import.meta.url)
    const table = new RankTable(readFileSync(resolve(`gpt-tokenizer/data/${name}.tiktoken`)))
    const wrong = (tokens as (string | number[])[]).filter((token, rank) => {
      const bytes = Buffer.from(token as string).toString('latin1')
      return table.rank(bytes, 0, bytes.length) !== rank
    })
    expect(wrong).toEqual([])
  })

  it('of no tokens is empty', () => {
    expect(tableOf([]).rank('a', 0, 1)).toBe(NO_RANK)
  })
})

describe('merging', () => {
  it('gives the same count by the loop and by the heap, for any ranks', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 60 })
    const tokens = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 5 }),
    )
    fc.assert(
      fc.property(piece, tokens, (bytes, list) => {
        const ranks = tableOf(['a', 'b', 'c', ...list])
        const steps = longMergeSteps(bytes, ranks)
        let step = steps.next()
        while (step.done !== true) step = steps.next()
        expect(step.value).toBe(mergeShort(bytes, ranks))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('countMessages', () => {
  it("adds the chat format's overhead: three a message, one a name, three for the prompt", async () => {
    const options = await counting('cl100k_base')
    const counts = await countMessages(
      [
        { role: 'system', content: 'hello world' },
        { role: 'user', content: 'hello', name: 'ada' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', content: '', tool_call_id: 'x' },
      ],
      options,
    )
    const text = (part: string) => cl100k(part)
    expect(counts).toEqual([
      3 + text('system') + text('hello world'),
      3 + text('user') + text('hello') + text('ada') + 1,
      3 + text('assistant') + text('f') + text('{}') + 8,
      3 + text('tool'),
    ])
    expect(promptTokens(counts)).toBe(counts.reduce((sum, count) => sum + count, 3))
    expect(promptTokens([])).toBe(3)
  })

  it('counts the instructions and the newest messages first, and stops beyond its limit', async () => {
    const content = 'word '.repeat(100)
    const counts = await countMessages(
      [
        { role: 'user', content },
        { role: 'user', content },
        { role: 'system', content },
        { role: 'user', content },
      ],
      { ...(await counting('cl100k_base')), limit: 150 },
    )
    expect(counts.map((count) => count > 0)).toEqual([false, false, true, true])
  })
})
