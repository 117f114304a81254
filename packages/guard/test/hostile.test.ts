// Texts made to exhaust the shared automaton: what they contain is found all the same, at every cut, and other streams of
// the policy go on undisturbed. And texts made to be remembered: a stream forgets what it has shown.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { compilePolicy, type PolicyDefinition, PolicyError } from '../src/index.ts'
import { DfaPerStartPlan } from '../src/matcher/dfa-per-start.ts'
import { LazyDfa } from '../src/matcher/lazy-dfa.ts'
import { everyCut, pushed } from './support/split.ts'

/**
 * What one start of MANY_STATES has come to is one of 2^13 states: far more than a stream may build. MANY_STARTS has few
 * for each start, but begins anew at every number.
 */
const DEFINITION: PolicyDefinition = {
  extends: 'strict',
  rules: [
    { pattern: '[xy]*x[xy]{13}z', name: 'MANY_STATES', action: { kind: 'redact' } },
    {
      pattern: '(?<!\\d)[1-9]\\d{3}(?:[ .-]?\\d){8,15}z',
      name: 'MANY_STARTS',
      action: { kind: 'redact' },
    },
    { pattern: '\\bq\\w{2}\\b', name: 'SHORT', action: { kind: 'redact' } },
  ],
}

/** Characters of an alphabet in a pseudo-random order that does not repeat. */
function flood(alphabet: string, seed = 1, length = 9000): string {
  let state = seed
  let text = ''
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    text += alphabet.charAt((state >>> 6) % alphabet.length)
  }
  return text
}

const TAIL = ` mail jo.doe@example.org, ssn 078051120. qab 1111 4111 1111 1111 1111 ${'x'.repeat(14)}z xyz https://a.b/c. 4111 1111 1111 1111`
const CONCEALED =
  ' mail [EMAIL_ADDRESS], ssn [US_SSN]. [SHORT] 1111 [CREDIT_CARD] [MANY_STATES] xyz [URL]. [CREDIT_CARD]'

describe.each([
  ['many starts, each in few states', '0123456789 -.()+', 'goOn'],
  ['one start in many states', 'xy', 'simulate'],
] as const)('a flood of states: %s', (_name, alphabet, method) => {
  const text = flood(alphabet)
  const concealed = compilePolicy(DEFINITION).scan(text).text

  it('takes the way it is meant to take', () => {
    const way = vi.spyOn(DfaPerStartPlan.prototype, method)
    compilePolicy(DEFINITION).scan(text)
    expect(way).toHaveBeenCalledOnce()
    way.mockRestore()
  })

  it('hides nothing that comes after it', () => {
    const policy = compilePolicy(DEFINITION)
    expect(policy.scan(text + TAIL).text).toBe(concealed + CONCEALED)
  })

  it('makes no difference to what a cut changes', () => {
    const long = text + TAIL
    const policy = compilePolicy(DEFINITION)
    const whole = compilePolicy(DEFINITION).scan(long)
    const cuts = everyCut(long).filter((cut) => cut > text.length || cut % 7 === 0)
    const { text: shown, findings } = pushed(policy, long, { cuts })
    expect({ text: shown, findings }).toEqual(whole)
  })

  it('leaves a stream that was open before as it was', () => {
    const policy = compilePolicy(DEFINITION)
    const other = policy.open({ direction: 'output' })
    const before = other.push('mail jo.doe@exam')
    for (let seed = 1; seed < 6; seed += 1) policy.scan(flood(alphabet, seed))
    const after = [other.push('ple.org today'), other.end()]
    expect(before.text + after.map((result) => result.text).join('')).toBe(
      'mail [EMAIL_ADDRESS] today',
    )
  })

  it('is survived by a value at a time, too', () => {
    const json = JSON.stringify([text, 'jo.doe@example.org', 'x'.repeat(14), 'z', 4111111111111111])
    const { text: shown } = compilePolicy(DEFINITION).scan(json, { channel: 'tool_arguments' })
    expect(JSON.parse(shown).slice(1)).toEqual([
      '[EMAIL_ADDRESS]',
      'x'.repeat(14),
      'z',
      '[CREDIT_CARD]',
    ])
  })
})

describe('a crowd of hostile streams', () => {
  it('leaves the shared automaton to the others until it is of no use to many', () => {
    const empty = vi.spyOn(LazyDfa.prototype, 'empty')
    const policy = compilePolicy('strict')
    const floods = (count: number) => {
      for (let i = 0; i < count; i += 1) policy.scan(flood('0123456789 -.()+', 7 * i + 1, 600))
    }
    floods(40)
    expect(empty).not.toHaveBeenCalled()
    floods(1100)
    expect(empty).toHaveBeenCalled()
    expect(policy.scan('mail jo.doe@example.org today').text).toBe('mail [EMAIL_ADDRESS] today')
    empty.mockRestore()
  })

  it('stays within what an entry of the table can say, with many kinds of characters', () => {
    const characters = Array.from({ length: 236 }, (_, i) => String.fromCharCode(0x4e00 + i))
    const policy = compilePolicy({
      rules: [
        { pattern: '[xy]*x[xy]{24}z', name: 'EXPLODES', action: { kind: 'redact' } },
        ...[0, 80, 160].map((from) => ({
          pattern: characters
            .slice(from, from + 80)
            .map((character) => `${character}w`)
            .join('|'),
          name: `C${from}`,
          action: { kind: 'redact' } as const,
        })),
      ],
    })
    const text = characters.join('') + flood('xy', 5, 1000)
    const streams = [1, 2, 3].map(() => policy.open({ direction: 'output' }))
    const shown = streams.map((stream, i) => {
      for (const part of [flood('xy', i + 1, 900), ' ', text]) stream.push(part)
      return stream.push(` ${characters[0]}w`).text + stream.end().text
    })
    expect(shown.map((end) => end.slice(-4))).toEqual(['[C0]', '[C0]', '[C0]'])
  })
})

/** How many bytes of the heap stay in use for each of many things that `push` does. */
function bytesKept(times: number, push: () => void): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 10_000; i += 1) push()
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < times; i += 1) push()
  collect()
  return (process.memoryUsage().heapUsed - before) / times
}

describe('a tool call full of escape sequences', () => {
  const policy = compilePolicy('standard')

  it('is not remembered by them', () => {
    const stream = policy.open({ direction: 'output', channel: 'tool_arguments' })
    stream.push('{"code":"')
    expect(bytesKept(300_000, () => stream.push('a\\n'))).toBeLessThan(8)
  })

  it('has its findings where they are', () => {
    const card = '4111 1111 1111 1111'
    const json = `{"a":"${'x\\n'.repeat(700)}${card}\\n${'\\u0041\\n'.repeat(300)} ${card}"}`
    const { findings } = pushed(policy, json, { cuts: everyCut(json), channel: 'tool_arguments' })
    expect(findings.map(({ start, end }) => json.slice(start, end))).toEqual([card, card])
  })
})

describe('a text full of allowed words', () => {
  it('is not remembered word by word', () => {
    const allows = compilePolicy({
      allow: ['the'],
      rules: [{ entity: 'EMAIL_ADDRESS', action: { kind: 'redact' } }],
    })
    const stream = allows.open({ direction: 'output' })
    expect(bytesKept(300_000, () => stream.push('the '))).toBeLessThan(8)
    expect(stream.push('jo@example.org ').text).toBe('[EMAIL_ADDRESS] ')
  })
})

describe('a pattern that would exhaust the process', () => {
  it.each([
    ['brackets without end', `${'('.repeat(6000)}a${')'.repeat(6000)}`],
    ['brackets within brackets', `${'(?:'.repeat(101)}a${')'.repeat(101)}`],
    ['a repeat of nothing', '(?:){30000000}a'],
    ['a repeat of repeats', '(?:(?:a{1000}){1000}){1000}'],
    [
      'combined look-arounds',
      `${[...'abcdefghijklmnop'].map((c) => `(?:(?=${c})|(?<!${c}))`).join('')}x`,
    ],
    ['everything before everything', `(?:${'a|'.repeat(900)}b)(?:${'a|'.repeat(900)}b)`],
    ['nothing but options', `${'a?'.repeat(1000)}b`],
    ['every property', '\\p{L}'.repeat(51)],
    ['one part too many', 'a{2001}'],
  ])('is refused: %s', (_name, pattern) => {
    const compile = () =>
      compilePolicy({ rules: [{ pattern, name: 'X', action: { kind: 'redact' } }] })
    expect(compile).toThrow(PolicyError)
    expect(compile).toThrow(expect.objectContaining({ code: 'pattern_too_large' }))
  })

  it('is compiled where it only says the same again', () => {
    const pattern = `${'(?:\\b|^)'.repeat(300)}${'('.repeat(99)}ab${')'.repeat(99)}{1,3}`
    const policy = compilePolicy({ rules: [{ pattern, name: 'X', action: { kind: 'redact' } }] })
    expect(policy.scan('x ababab y').text).toBe('x [X] y')
  })
})
