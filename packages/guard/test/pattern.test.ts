// What the reader makes of RegExp source, held against the engine's own RegExp: a reader that understood a construct in
// another way would match other texts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains } from '../src/matcher/char-set.ts'
import { type Assertion, type PatternNode, parsePattern } from '../src/matcher/pattern.ts'
import { PolicyError } from '../src/policy-error.ts'

/** Whether a pattern matches a whole text, by trying everything. */
function matches(pattern: PatternNode, text: string): boolean {
  return endsOf(pattern, text, 0).has(text.length)
}

function endsOf(node: PatternNode, text: string, at: number): ReadonlySet<number> {
  switch (node.kind) {
    case 'symbol':
      return new Set(at < text.length && contains(node.set, text.charCodeAt(at)) ? [at + 1] : [])
    case 'assertion':
      return new Set(holds(node.assertion, text, at) ? [at] : [])
    case 'choice':
      return new Set(node.options.flatMap((option) => [...endsOf(option, text, at)]))
    case 'sequence':
      return node.items.reduce((ends, item) => stepped(ends, item, text), new Set([at]))
    case 'repeat':
      return repeated(node, text, at)
  }
}

function stepped(ends: ReadonlySet<number>, item: PatternNode, text: string): Set<number> {
  return new Set([...ends].flatMap((end) => [...endsOf(item, text, end)]))
}

/** More rounds than a text is long lead nowhere new. */
function repeated(node: PatternNode & { kind: 'repeat' }, text: string, at: number) {
  const all = new Set(node.min === 0 ? [at] : [])
  let ends = new Set([at])
  for (let round = 1; round <= Math.min(node.max, node.min + text.length + 1); round += 1) {
    ends = stepped(ends, node.item, text)
    if (round >= node.min) for (const end of ends) all.add(end)
  }
  return all
}

function holds({ kind, set, negate }: Assertion, text: string, at: number): boolean {
  const isBehind = at > 0 && contains(set, text.charCodeAt(at - 1))
  const isAhead = at < text.length && contains(set, text.charCodeAt(at))
  if (kind === 'start') return at === 0
  if (kind === 'end') return at === text.length
  if (kind === 'boundary') return (isBehind !== isAhead) !== negate
  return (kind === 'behind' ? isBehind : isAhead) !== negate
}

const PARTS = [
  ...[
    '[\\w-z]',
    '[^\\]-]',
    '[a-',
    '[\\b-9]',
    '(?=\\w)',
    '(?!b|9)',
    '(?<=[^a])',
    '(?<!\\W)',
    '(?:a|)',
    '(?<x>b)',
  ],
  ...[
    'a',
    'b',
    'Z',
    '0',
    '9',
    '-',
    ']',
    '[',
    '[^',
    ',',
    '(',
    '(?:',
    ')',
    ')',
    '|',
    '{',
    '}',
    '=',
    '_',
    'é',
  ],
  ...['*', '+', '?', '*?', '{2}', '{1,3}', '{2,}', '{0}', '{3,1}', '^', '$', '.', '\\b', '\\B'],
  ...[
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '\\.',
    '\\-',
    '\\]',
    '\\\\',
    '\\e',
    '\\n',
    '\\cJ',
    '\\0',
  ],
  ...['\\x41', '\\x4', '\\u0062', '\\u00', '\\u{62}', '\\p{L}', '\\P{Nd}', '\\p{Unknown}', '\\p'],
  ...['(?=', '(?!', '(?<=', '(?<!', '(?<name>', '(?', '\\1', '\\k<name>', '\\', '日', '😀'],
]
const sources = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(''))
const flags = fc.constantFrom('', 'i', 'u', 'iu')
const CHARACTERS = [...'abzZ09-]{}[,_=e.\\\n\b\0uxAé日 p']
const texts = fc.array(fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 4 }), {
  minLength: 30,
  maxLength: 30,
})

/** The RegExp that a source is, for whole texts; undefined if it is none. */
function wholeOf(source: string, flags: string): RegExp | undefined {
  try {
    new RegExp(source, flags) // A bracket must not be closed by one of those around it.
    return new RegExp(`^(?:${source})$`, flags)
  } catch {
    return undefined
  }
}

function parsed(source: string, flags: string): PatternNode | PolicyError {
  try {
    return parsePattern(source, flags)
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
}

describe('a pattern', () => {
  it('matches what the RegExp of the same source matches, and is refused where that is none', () => {
    fc.assert(
      fc.property(sources, flags, texts, (source, flags, texts) => {
        const whole = wholeOf(source, flags)
        const pattern = parsed(source, flags)
        if (whole === undefined) expect(pattern).toBeInstanceOf(PolicyError)
        if (whole === undefined || pattern instanceof PolicyError) return
        for (const text of texts)
          expect([text, matches(pattern, text)]).toEqual([text, whole.test(text)])
      }),
      { numRuns: 4000 },
    )
  })

  it.each([
    ['a{2,1}', 1],
    ['a**', 2],
    ['(?:+)', 3],
    ['x)', 1],
    ['[a-z', 4],
    ['x[b-a]', 2],
    ['(?x)', 0],
    ['a\\', 1],
  ])('that is none is refused with the place of the fault: %s', (source, position) => {
    expect(parsed(source, '')).toMatchObject({ code: 'pattern_syntax', position })
  })

  it.each([
    ['a]', 1],
    ['\\_', 0],
    ['a\\p{Unknown}', 1],
  ])('that is none with the flag `u` is refused with it: %s', (source, position) => {
    expect(parsed(source, 'u')).toMatchObject({ code: 'pattern_syntax', position })
    expect(parsed(source, '')).toMatchObject({ kind: 'sequence' })
  })

  it.each([
    ['(a)\\1', 3],
    ['(?<n>a)\\k<n>', 7],
    ['a\\101', 1],
    ['(?=ab)a', 0],
    ['(?<!)a', 0],
    ['a😀', 1],
    ['[\\u{1F600}]', 1],
  ])('that no automaton of one-character looks can decide is refused: %s', (source, position) => {
    expect(parsed(source, 'u')).toMatchObject({ code: 'pattern_unsupported', position })
  })

  it.each([
    ...[
      '\\u{2}',
      ']',
      '}',
      'a{',
      'a{,2}',
      '\\_',
      '[\\w-z]',
      '[\\d-]',
      '[z-\\d]',
      '[--a]',
      '[a-]',
      '[]-a]',
      '[^]',
    ],
    ...['[\\b]', '\\b-', '[^\\w-]', '\\p{2}', '(?<!\\w)a', 'a(?!\\w)', '\\cj', 'a{0}b', 'a{1,}?'],
  ])('without the flag `u` is as lenient as a RegExp: %s', (source) => {
    const pattern = parsed(source, '')
    const whole = wholeOf(source, '')
    const characters = ['', ...CHARACTERS]
    const texts = characters.flatMap((first) => characters.map((second) => first + second))
    for (const text of texts) {
      const isMatch = !(pattern instanceof PolicyError) && matches(pattern, text)
      expect([text, isMatch]).toEqual([text, whole?.test(text)])
    }
  })
})
