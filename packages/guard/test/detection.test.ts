// Spans of detectors are findings like any other: the same rules, operators, allow-lists and precedence, and no cut of the
// text alters what becomes of them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compilePolicy,
  type OpenOptions,
  type Policy,
  type PolicyDefinition,
  Pseudonyms,
  type SegmentDetector,
  type Span,
} from '../src/index.ts'
import { cutLists, texts } from './support/split.ts'

const NAMES = /Ada(?: Lovelace)?|Zoë 🦊|Bob|4111[- ]1111/g

/** What a detector that knows a few names finds. */
function spansOf(text: string, entity = 'PERSON'): Span[] {
  return [...text.matchAll(NAMES)].map(({ index, 0: name }) => ({
    entity,
    start: index,
    end: index + name.length,
    score: name === 'Bob' ? 0.4 : 0.9,
  }))
}

const names: SegmentDetector = {
  entities: ['PERSON', 'LOCATION'],
  detect: async (segment) => spansOf(segment),
}

function policyOf(definition: PolicyDefinition): Policy {
  return compilePolicy({ detectors: ['names'], ...definition }, { detectors: { names } })
}

function shown(policy: Policy, text: string, options: Partial<OpenOptions> = {}): string {
  return policy.scan(text, { direction: 'input', ...options, spans: spansOf(text) }).text
}

const redacting = policyOf({
  extends: 'strict',
  rules: [{ entity: 'PERSON', action: { kind: 'redact' }, direction: 'both' }],
})
const mixed = policyOf({
  threshold: 0.3,
  allow: ['Ada Lovelace', 'ada@b.cc'],
  rules: [
    {
      entity: 'PERSON',
      action: { kind: 'hash', key: 'a key of at least 16 bytes' },
      direction: 'both',
    },
    { id: 'mask', entity: 'PERSON', action: { kind: 'mask', keepLast: 2 }, direction: 'both' },
    { entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } },
    { entity: 'EMAIL_ADDRESS', action: { kind: 'replace', with: '"\\' } },
  ],
})
const blocking = policyOf({
  allow: ['Ada'],
  rules: [
    { entity: 'PERSON', action: { kind: 'block' }, direction: 'both', threshold: 0.4 },
    { entity: 'EMAIL_ADDRESS', action: { kind: 'block' } },
  ],
})

const named = fc
  .array(
    fc.oneof(
      texts,
      fc.constantFrom('Ada', 'Ada Lovelace', 'Zoë 🦊', 'Bob', ' ', '@b.cc', '.', '"', '{"a":"'),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const KINDS: readonly Partial<OpenOptions>[] = [
  {},
  { channel: 'tool_arguments' },
  { channel: 'reasoning' },
  { format: 'json' },
]

describe('the spans of a detector', () => {
  it.each([
    ['redacts', redacting],
    ['hashes and masks beside an allow-list', mixed],
  ])('give the same for every cut under a policy that %s', (_name, policy) => {
    fc.assert(
      fc.property(named, cutLists, fc.constantFrom(...KINDS), (text, cuts, kind) => {
        const options: OpenOptions = { direction: 'input', ...kind }
        const spans = spansOf(text)
        const stream = policy.open(options)
        const places = [...new Set(cuts.filter((cut) => cut < text.length)), text.length]
        const ends = places.sort((a, b) => a - b)
        const results = ends.map((end, i) =>
          stream.push(text.slice(ends[i - 1] ?? 0, end), i === 0 ? spans : undefined),
        )
        const all = [...results, stream.end()]
        const { text: whole, findings } = policy.scan(text, { ...options, spans })
        expect(all.map((result) => result.text).join('')).toBe(whole)
        expect(all.flatMap((result) => result.findings)).toEqual(findings)
      }),
      { numRuns: 300 },
    )
  })

  it('leave no character of a redacted name, wherever it stands', () => {
    fc.assert(
      fc.property(named, fc.constantFrom(...KINDS), (text, kind) => {
        expect(shown(redacting, text, kind)).not.toMatch(/Ada|Lovelace|Zoë 🦊/)
      }),
      { numRuns: 300 },
    )
  })

  it('block at the first one that no allow-list covers, and show nothing of it', () => {
    const { text, blocked } = blocking.scan('To Ada and Zoë 🦊, x@y.zz', {
      direction: 'input',
      spans: spansOf('To Ada and Zoë 🦊, x@y.zz'),
    })
    expect(blocked).toEqual({ ruleId: 'PERSON', entity: 'PERSON' })
    expect(text).toBe('To Ada and ')
  })

  it('count from the threshold of their rule on', () => {
    expect(shown(redacting, 'Bob, Ada')).toBe('[PERSON], [PERSON]')
    const careful = policyOf({ rules: [{ entity: 'PERSON', action: { kind: 'redact' } }] })
    expect(shown(careful, 'Bob, Ada')).toBe('Bob, [PERSON]')
  })

  it('are subject to allow-lists, and to hashes and masks of their value', () => {
    expect(shown(mixed, 'Ada Lovelace')).toBe('Ada Lovelace')
    expect(shown(mixed, 'by Ada.')).toMatch(/^by \[PERSON:[0-9a-f]{32}]\.$/)
    const masking = policyOf({
      rules: [{ entity: 'PERSON', action: { kind: 'mask', keepLast: 2 } }],
    })
    expect(shown(masking, 'Ada Lovelace!')).toBe('**********ce!')
  })

  it('give way to what conceals more, and win over what conceals less', () => {
    const policy = policyOf({
      rules: [
        { entity: 'PERSON', action: { kind: 'mask' } },
        { entity: 'EMAIL_ADDRESS', action: { kind: 'redact' } },
        { entity: 'URL', action: { kind: 'observe' } },
      ],
    })
    expect(shown(policy, 'Ada@b.cc and Ada')).toBe('[EMAIL_ADDRESS] and ***')
    expect(shown(policy, 'https://b.cc/Ada/x')).toBe('https://b.cc/***/x')
  })

  it('count for the rules of entities that have patterns, too', () => {
    const spans = [{ entity: 'US_SSN', start: 3, end: 6, score: 0.8 }]
    expect(redacting.scan('is xyz', { direction: 'input', spans }).text).toBe('is [US_SSN]')
  })

  it('leave JSON valid, and end where a value ends', () => {
    const json = '{"first":"Ada","n":[1,2],"last":"x"}'
    const spans = [{ entity: 'PERSON', start: 11, end: json.length, score: 1 }]
    const where = { direction: 'input', channel: 'tool_arguments', spans } as const
    expect(redacting.scan(json, where).text).toBe(
      '{"first":"A[PERSON]","[PERSON]":["[PERSON]","[PERSON]"],"[PERSON]":"[PERSON]"}',
    )
  })

  it('cut no character, and are clipped to the text', () => {
    const where = { direction: 'input' } as const
    const of = (start: number, end: number) => [{ entity: 'PERSON', start, end, score: 1 }]
    expect(redacting.scan('a🦊b🦊c', { ...where, spans: of(2, 5) }).text).toBe('a[PERSON]c')
    expect(redacting.scan('ab', { ...where, spans: of(1, 900) }).text).toBe('a[PERSON]')
    expect(redacting.scan('ab', { ...where, spans: of(-5, 1) }).text).toBe('[PERSON]b')
  })

  it('wait for their end where it has not come', () => {
    const stream = redacting.open({ direction: 'output' })
    const first = stream.push('by Ad', [{ entity: 'PERSON', start: 3, end: 6, score: 1 }])
    expect('by ').toContain(first.text)
    expect(first.text + stream.push('a!').text + stream.end().text).toBe('by [PERSON]!')
  })
})

describe('which detectors look at a text', () => {
  it('are those of the policy, where a rule is for what only they find', () => {
    const policy = policyOf({
      extends: 'standard',
      rules: [{ entity: 'PERSON', action: { kind: 'redact' }, roles: ['user'] }],
    })
    const input = policy.detection({ direction: 'input' })
    expect(input?.detectors.map(({ name }) => name)).toEqual(['names'])
    expect(input?.onFailure).toBe('block')
    expect(policy.detection({ direction: 'input', role: 'tool' })).toBeUndefined()
    expect(policy.detection({ direction: 'output' })).toBeUndefined()
    expect(policyOf({ extends: 'strict' }).detection({ direction: 'input' })).toBeUndefined()
  })

  it('may fail without a block only if every such rule says so', () => {
    const pass = { entity: 'PERSON', action: { kind: 'redact' }, onFailure: 'pass' } as const
    const strict = { entity: 'LOCATION', action: { kind: 'redact' } } as const
    const onFailure = (rules: PolicyDefinition['rules'] = []) =>
      policyOf({ rules }).detection({ direction: 'input' })?.onFailure
    expect(onFailure([pass])).toBe('pass')
    expect(onFailure([pass, strict])).toBe('block')
  })

  it.each<[string, PolicyDefinition, string]>([
    ['a detector that is not there', { detectors: ['other'] }, 'detectors[0]: no detector'],
    [
      'an entity that nothing finds',
      { rules: [{ entity: 'PRESON', action: { kind: 'redact' } }] },
      'rules[0].entity: there is no recognizer',
    ],
    [
      'an unknown answer to a failure',
      { rules: [{ entity: 'PERSON', action: { kind: 'redact' }, onFailure: 'no' as 'pass' }] },
      'rules[0].onFailure: expected one of block, pass',
    ],
    [
      'an answer to a failure that cannot be',
      { rules: [{ entity: 'URL', action: { kind: 'redact' }, onFailure: 'pass' }] },
      'rules[0].onFailure: is for entities that only detectors find',
    ],
  ])('are refused with %s', (_name, definition, message) => {
    expect(() => policyOf(definition)).toThrow(message)
  })

  it('are in the hash of the policy', () => {
    expect(policyOf({}).hash).not.toBe(compilePolicy({}).hash)
  })
})

describe('spans in an answer with stand-ins', () => {
  const policy = policyOf({
    extends: 'private',
    rules: [
      { id: 'in', entity: 'PERSON', action: { kind: 'pseudonymize' } },
      { id: 'out', entity: 'PERSON', action: { kind: 'redact' }, direction: 'output' },
    ],
  })

  /** The stand-ins of a request in which Bob and Ada's address are found. */
  function standIns() {
    const pseudonyms = new Pseudonyms({ key: new Uint8Array(32), scope: 's' })
    const name = pseudonyms.standInOf('PERSON', 'Bob') ?? ''
    const mail = pseudonyms.standInOf('EMAIL_ADDRESS', 'ada@b.cc') ?? ''
    return { pseudonyms, name, mail }
  }
  const words = fc.constantFrom('Ada Lovelace', 'Zoë 🦊', 'NAME', 'MAIL', ' ', ', ', 'so', '\n')
  const answers = fc.array(words, { maxLength: 20 }).map((parts) => parts.join(' '))

  it('are concealed in their places, and no stand-in with them', () => {
    fc.assert(
      fc.property(answers, cutLists, (said, cuts) => {
        const { pseudonyms, name, mail } = standIns()
        const answer = said.replaceAll('NAME', name).replaceAll('MAIL', mail)
        const shownText = said
          .replaceAll(/Ada Lovelace|Zoë 🦊/g, '[PERSON]')
          .replaceAll('NAME', 'Bob')
          .replaceAll('MAIL', 'ada@b.cc')
        const stream = policy.open({ direction: 'output', pseudonyms })
        const places = [0, ...new Set(cuts.filter((cut) => cut < answer.length)), answer.length]
        places.sort((a, b) => a - b)
        let text = ''
        places.slice(1).forEach((to, i) => {
          const from = places[i] ?? 0
          // Segments never end in a name; those of this test may.
          const within = spansOf(answer).filter(({ start }) => from <= start && start < to)
          text += stream.push(answer.slice(from, to), within).text
        })
        expect(text + stream.end().text).toBe(shownText)
      }),
    )
  })

  it('that cover a stand-in, too, conceal what is around it', () => {
    const { pseudonyms, name } = standIns()
    const answer = `so ${name} Junior is`
    const span = { entity: 'PERSON', start: 0, end: answer.length - 3, score: 0.9 }
    const stream = policy.open({ direction: 'output', pseudonyms })
    const text = stream.push(answer, [span]).text + stream.end().text
    expect(text).toBe('[PERSON]Bob[PERSON] is')
  })
})
