// The laws of the engine as properties; DESIGN.md says why they matter. The long run of the same is `npm run fuzz`.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy, type Policy, type RuleDefinition } from '../src/index.ts'
import { RECOGNIZERS } from '../src/recognizers/index.ts'
import { coverage, covered } from './support/oracle.ts'
import { cutLists, everyCut, floodedTexts, pushed, texts } from './support/split.ts'

const RUNS = { numRuns: 600 }
const KEY = 'a key of at least sixteen bytes'

const strict = compilePolicy('strict')
/** Every operator at once, terms of both kinds, an allow-list. */
const mixed = compilePolicy({
  threshold: 0.3,
  allow: ['jo.doe@example.org', '192.168.0.1'],
  rules: [
    { entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } },
    { entity: 'EMAIL_ADDRESS', action: { kind: 'hash', key: KEY } },
    { entity: 'IBAN_CODE', action: { kind: 'replace', with: '"<\\iban>' } },
    { entity: 'PHONE_NUMBER', action: { kind: 'observe' } },
    { entity: 'URL', action: { kind: 'mask' } },
    { entity: 'PRIVATE_KEY', action: { kind: 'redact' } },
    { entity: 'IP_ADDRESS', action: { kind: 'redact', label: '' } },
    { pattern: '\\b\\d{3}-\\d\\d', name: 'PART', action: { kind: 'mask', keepLast: 2 } },
    { terms: ['exploit', 'by pass'], category: 'deny', action: { kind: 'replace', with: '***' } },
    { terms: ['the', 'oit'], match: 'substring', category: 'sub', action: { kind: 'observe' } },
  ],
})
const blocking = compilePolicy({
  extends: 'strict',
  allow: ['a@a.aa'],
  rules: [
    { entity: 'EMAIL_ADDRESS', action: { kind: 'block' } },
    { entity: 'URL', action: { kind: 'block' }, category: 'link' },
    { terms: ['exploit'], category: 'deny', action: { kind: 'block' } },
  ],
})
const short = compilePolicy({ extends: 'strict', maxSpan: 32 })
const POLICIES: readonly (readonly [string, Policy])[] = [
  ['seed', compilePolicy('seed')],
  ['standard', compilePolicy('standard')],
  ['strict', strict],
  ['every operator', mixed],
  ['blocks with an allow-list', blocking],
  ['a short maxSpan', short],
]

/** The kinds of text that are or may be JSON. */
const KINDS = [{ channel: 'tool_arguments' }, { channel: 'content' }, { format: 'json' }] as const

describe('law 1, invariance', () => {
  it.each(POLICIES)('gives the same for every cut under %s', (_name, policy) => {
    fc.assert(
      fc.property(fc.oneof(texts, floodedTexts), cutLists, (text, cuts) => {
        const { text: shown, findings, blocked } = pushed(policy, text, { cuts })
        expect({ blocked, text: shown, findings }).toEqual({
          blocked: undefined,
          ...policy.scan(text),
        })
      }),
      RUNS,
    )
  })

  it('gives the same for every cut where other values are lines of an open key', () => {
    const header = fc.constantFrom('-----BEGIN PRIVATE KEY----', '-----BEGIN RSA PRIVATE KEY-----')
    const line = fc.constantFrom(
      ...['GB33BUKB20201555555555', 'DE89370400440532013000', 'https://example.org/Ab/Cd/Ef'],
      ...['MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'AQEFAASC', 'jo.doe@example.org', ' ', ''],
    )
    const text = fc
      .tuple(fc.oneof(header, line), line, line)
      .map((parts) => parts.join(''))
      .filter((joined) => joined !== '')
    const documents = fc.array(fc.dictionary(text, text, { maxKeys: 4 }), { maxLength: 3 })
    const strict = compilePolicy('strict')
    fc.assert(
      fc.property(documents, fc.constantFrom(...KINDS), (document, kind) => {
        const json = JSON.stringify(document)
        const cuts = Array.from(json, (_, at) => at)
        const { text: shown, findings } = pushed(strict, json, { cuts, ...kind })
        expect({ text: shown, findings }).toEqual(strict.scan(json, kind))
      }),
      { numRuns: 300 },
    )
  })

  it.each(POLICIES)(
    'keeps tool arguments and answers valid JSON, whatever the cuts, under %s',
    (_name, policy) => {
      const values = fc.oneof(
        texts,
        floodedTexts,
        fc.integer(),
        fc.constant(4111111111111111),
        fc.boolean(),
      )
      const documents = fc.dictionary(texts, fc.oneof(values, fc.array(values, { maxLength: 3 })))
      fc.assert(
        fc.property(
          fc.record({ document: documents, cuts: cutLists, escaped: fc.boolean() }),
          fc.constantFrom(...KINDS),
          ({ document, cuts, escaped }, kind) => {
            const plain = JSON.stringify(document)
            const text = escaped ? plain.replace(STRING, escapeDigits) : plain
            const outcome = pushed(policy, text, { cuts, ...kind })
            const whole = policy.scan(text, kind)
            expect(outcome.text).toBe(whole.text)
            expect(outcome.findings).toEqual(whole.findings)
            if (whole.blocked !== undefined) return
            expect(shapeOf(JSON.parse(outcome.text))).toEqual(shapeOf(document))
            if (whole.findings.length === 0) expect(outcome.text).toBe(text)
          },
        ),
        { numRuns: 200 },
      )
    },
  )
})

describe('tool arguments and answers that are broken JSON', () => {
  const parts = [
    ...['```', 'json', '\n'],
    "'",
    '4111 1111 1111 1111',
    'jo.doe@example.org',
    ' '.repeat(33),
    'true',
    '\u200b'.repeat(33),
    '{',
    '}',
    '[',
    '"',
    ',',
    ':',
    '\\',
    '\\u00',
    '31',
    'u',
    '1',
    ' ',
    'a@b.co',
    '4111111111111111',
    '-1e5',
    'x',
  ]
  const broken = fc.array(fc.constantFrom(...parts), { maxLength: 16 }).map((some) => some.join(''))

  it.each(POLICIES)('never throw and are the same for every cut under %s', (_name, policy) => {
    fc.assert(
      fc.property(broken, cutLists, fc.constantFrom(...KINDS), (text, cuts, kind) => {
        const { text: shown, findings } = pushed(policy, text, { cuts, ...kind })
        const whole = policy.scan(text, kind)
        expect({ shown, findings }).toEqual({ shown: whole.text, findings: whole.findings })
      }),
      { numRuns: 300 },
    )
  })
})

describe('what is no JSON', () => {
  it.each(KINDS)('shows nothing that would be concealed in any other text: %j', (kind) => {
    // Nothing that a quote or a backslash in a string could change; JSON with a mark before the value stays JSON.
    const openings = [
      '',
      '{',
      '[',
      "{'a': ",
      '{"a": ',
      '["x", 12 ',
      '{"a": nul',
      'true ',
      '{"a" ',
      '12 ',
    ]
    const plain = texts.filter((text) => !/["\\]/.test(text))
    fc.assert(
      fc.property(fc.constantFrom(...openings), plain, (opening, text) => {
        const broken = `${opening} it is ${text}`
        const found = covered(broken, strict.scan(broken, { channel: 'reasoning' }).findings)
        const { findings } = strict.scan(broken, kind)
        expect(covered(broken, findings)).toEqual(found)
      }),
      RUNS,
    )
  })
})

/** A document without what is in its strings, numbers and keys. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null) return 'a value'
  return Object.values(value).length === 0 ? {} : 'a mapping'
}

const STRING = /"(?:[^"\\]|\\.)*"/g

/** Writes digits and `@` of a JSON string as escape sequences and leaves those alone that are there. */
function escapeDigits(string: string): string {
  return string.replace(/\\u[0-9a-f]{4}|\\.|[0-9@]/g, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

describe('laws 2 and 3, monotone and without leaks', () => {
  it('never emits a character of a span that is concealed in the end', () => {
    fc.assert(
      fc.property(fc.oneof(texts, floodedTexts), (text) => {
        const { findings } = strict.scan(text)
        const isCovered = covered(text, findings)
        // Every character is made unique, so that an emission tells which characters it consists of.
        const labels = new Set(findings.map((finding) => `[${finding.entity}]`))
        const visible = [...pushed(strict, text, { cuts: everyCut(text) }).steps]
          .map((step) => step.text)
          .join('')
        const expected = [...segments(text, isCovered)].map((part) => part ?? '\u0000')
        let rest = visible
        for (const part of expected) {
          if (part !== '\u0000') {
            expect(rest.startsWith(part)).toBe(true)
            rest = rest.slice(part.length)
          } else {
            while ([...labels].some((label) => rest.startsWith(label))) {
              rest = rest.slice((/^\[[A-Z_]+\]/.exec(rest) ?? [''])[0].length)
            }
          }
        }
        expect(rest).toBe('')
      }),
      RUNS,
    )
  })

  it('never emits anything that the whole result does not continue', () => {
    fc.assert(
      fc.property(fc.oneof(texts, floodedTexts), cutLists, (text, cuts) => {
        const { text: whole } = mixed.scan(text)
        let sent = ''
        for (const step of pushed(mixed, text, { cuts }).steps) {
          sent += step.text
          expect(whole.startsWith(sent)).toBe(true)
        }
      }),
      RUNS,
    )
  })
})

/** The uncovered stretches as text, the covered ones as undefined. */
function* segments(text: string, isCovered: readonly boolean[]): Generator<string | undefined> {
  let from = 0
  for (let at = 1; at <= text.length; at += 1) {
    if (at < text.length && isCovered[at] === isCovered[from]) continue
    yield isCovered[from] === true ? undefined : text.slice(from, at)
    from = at
  }
}

describe('law 4, minimality', () => {
  const patterns = ['\\bab+c', 'c{2,4}d', '[ab]c?d\\b', 'ba(?:cb)*d', '(?<!a)bb(?!c)']
  const alphabet = ['a', 'b', 'c', 'd', ' ']
  const suffixes = allTexts(alphabet, 4)
  const toTheEnd = patterns.map((pattern) => new RegExp(`(?:${pattern})$`, 'uy'))
  const policy = compilePolicy({
    rules: patterns.map((pattern, i) => ({ pattern, name: `P${i}`, action: { kind: 'redact' } })),
  })

  it('holds exactly from the earliest place where a match can still come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 10 }), (characters) => {
        const text = characters.join('')
        const stream = policy.open({ direction: 'output' })
        let held = 0
        for (const character of text) held = stream.push(character).held
        const earliest = earliestOpenStart(text)
        // What a label already covers does not wait, so a hold may be shorter, but only behind a finding.
        if (policy.scan(text).findings.length === 0) expect(held).toBe(text.length - earliest)
        else expect(held).toBeLessThanOrEqual(text.length - earliest)
      }),
      { numRuns: 100 },
    )
  })

  function earliestOpenStart(text: string): number {
    for (let start = 0; start < text.length; start += 1) {
      if (toTheEnd.some((regexp) => canComplete(regexp, text, start))) return start
    }
    return text.length
  }

  function canComplete(regexp: RegExp, text: string, start: number): boolean {
    return suffixes.some((suffix) => {
      regexp.lastIndex = start
      return regexp.test(text + suffix)
    })
  }
})

function allTexts(alphabet: readonly string[], length: number): string[] {
  let texts = ['']
  const result = ['']
  for (let i = 0; i < length; i += 1) {
    texts = texts.flatMap((text) => alphabet.map((character) => text + character))
    result.push(...texts)
  }
  return result
}

/** In UTF-16 units: a surrogate pair as two escape sequences, with eight backslashes each. */
const LONGEST_CHARACTER = 26

describe('law 5, liveness', () => {
  it('never holds more than maxSpan and nothing after the end', () => {
    const runs = fc
      .array(fc.tuple(fc.oneof(texts, floodedTexts), fc.integer({ min: 1, max: 30 })), {
        maxLength: 4,
      })
      .map((parts) => parts.map(([text, times]) => text.repeat(times)).join(''))
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const cuts = everyCut(text).filter((cut) => cut % size === 0)
        const { steps } = pushed(short, text, { cuts })
        // A character more at either end: it is cut neither at the end of what came nor where maxSpan ends.
        for (const step of steps) expect(step.held).toBeLessThanOrEqual(32 + 2 * LONGEST_CHARACTER)
        expect(steps.at(-1)?.held).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})

describe('law 7, the oracle', () => {
  const alphabets: readonly (readonly [string, readonly string[]])[] = [
    ['digits and separators', ['0', '1', '2', '4', '9', '5', ' ', '-', '.', '(', ')', '+']],
    ['addresses', ['a', 'b', '@', '.', 'co', '-', ' ', '1', ':', 'f', '::']],
    ['links and tokens', ['http://', 'a', '.', '/', ' ', 'eyJ', 'hbGciOiJ', 'x-_', '!', '?']],
    [
      'words of context',
      [
        ...['ssn ', 'born ', 'phone: ', 'x ', '123456789', '2/8/1935', '7654321', ' '],
        ...['order', 'number', '12 ', 'Téléphone'],
      ],
    ],
  ]
  it.each(alphabets)('covers what trying every start and end covers: %s', (_name, alphabet) => {
    const words = fc.array(fc.constantFrom(...alphabet), { maxLength: 20 }).map((w) => w.join(''))
    fc.assert(fc.property(words, agrees), { numRuns: 150 })
  })

  it('covers what trying every start and end covers: parts of real values', () => {
    const parts = fc.array(texts, { maxLength: 1 }).map((found) => found.join('').slice(0, 60))
    fc.assert(fc.property(parts, agrees), { numRuns: 200 })
  })

  function agrees(text: string): void {
    const known = RECOGNIZERS.filter(({ entity }) => entity !== 'PRIVATE_KEY')
    const rules = known.map(
      ({ entity }): RuleDefinition => ({ entity, action: { kind: 'redact' } }),
    )
    engine ??= compilePolicy({ threshold: 0.3, maxSpan: 40, rules })
    const found = covered(text, engine.scan(text).findings)
    expect(found).toEqual(coverage(known, text, { threshold: 0.3, maxSpan: 40 }))
  }
  let engine: Policy | undefined
})

describe('law 8, evasion', () => {
  const values = [
    ['4111 1111 1111 1111', 'CREDIT_CARD'],
    ['123-45-6789', 'US_SSN'],
    ['jo.doe@example.org', 'EMAIL_ADDRESS'],
    ['GB33BUKB20201555555555', 'IBAN_CODE'],
    ['AKIAIOSFODNN7EXAMPLE', 'AWS_ACCESS_KEY'],
  ] as const
  const disguises: readonly ((character: string) => string)[] = [
    (c) => c,
    (c) => (c === ' ' ? '\u00a0' : String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    (c) => (/\d/.test(c) ? String.fromCharCode(0x0660 + Number(c)) : c),
    (c) => (/\d/.test(c) ? String.fromCodePoint(0x1d7ce + Number(c)) : c),
    (c) => `${c}\u200b`,
    (c) => `\u00ad${c}`,
    (c) => (c === '-' ? '\u2011' : c),
  ]

  it.each(values)('finds %s in any disguise', (value, entity) => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...disguises), { minLength: 40, maxLength: 40 }),
        (how) => {
          const disguised = [...value].map((c, i) => how[i]?.(c) ?? c).join('')
          const { findings, text } = strict.scan(`x ${disguised} y`)
          expect(findings.map((finding) => finding.entity)).toEqual([entity])
          expect(text.replace(/[\u00ad\u200b]/g, '')).toBe(`x [${entity}] y`)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('law 9, more rules', () => {
  it('adding a rule never shows what was concealed before', () => {
    const rules = RECOGNIZERS.map(
      ({ entity }): RuleDefinition => ({ entity, action: { kind: 'redact' } }),
    )
    const pairs = rules.map((_, i) => {
      const some = rules.filter((__, j) => (i * 7 + j * 5) % 3 !== 0)
      const definition = (list: readonly RuleDefinition[]) => ({ threshold: 0.3, rules: list })
      const added: RuleDefinition = {
        terms: ['the', 'ab'],
        match: 'substring',
        category: 't',
        action: { kind: 'redact' },
      }
      return [compilePolicy(definition(some)), compilePolicy(definition([...some, added]))] as const
    })
    fc.assert(
      fc.property(texts, fc.constantFrom(...pairs), (text, [fewer, more]) => {
        const before = covered(text, fewer.scan(text).findings)
        const after = covered(text, more.scan(text).findings)
        before.forEach((isCovered, i) => {
          if (isCovered) expect(after[i]).toBe(true)
        })
      }),
      RUNS,
    )
  })
})
