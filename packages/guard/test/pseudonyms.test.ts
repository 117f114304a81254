// The laws of pseudonyms as properties, and what each of their rules means in single cases. That no original leaves in a
// whole request is tested where requests are, in the gateway.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy, PolicyError, Pseudonyms } from '../src/index.ts'
import { conversations, KEY, own, pseudonymsOf, replaced } from './support/pseudonyms.ts'
import { cutLists, everyCut, pushed, texts } from './support/split.ts'

const RUNS = { numRuns: 300 }
const POLICY = compilePolicy('private')
const STAND_IN = /[A-Z][A-Z\d_]*_(?=[A-Z]*\d)[\dA-HJKMNP-TV-Z]{4,8}/

/** Plain text: JSON is told by how a text begins. */
const plainTexts = fc.oneof(texts, conversations).map((text) => `- ${text}`)

/** An answer in which the stand-ins of a request stand anywhere, whole, broken off and disfigured. */
function answerTo(text: string, { spoilt, at }: { spoilt: string; at: number }): string {
  const [standIn = ''] = STAND_IN.exec(text) ?? []
  return [
    spoilt,
    standIn.slice(0, at),
    text,
    standIn.replaceAll('_', '\\_'),
    spoilt,
    standIn.toLowerCase(),
  ].join(' ')
}
const spoilings = fc.record({
  spoilt: fc.constantFrom(
    'https://x.org/?q=',
    '](',
    '<img src="',
    'PERSON_0000',
    '{"a":"',
    '\ue001',
  ),
  at: fc.nat(24),
})

describe('law 1, invariance', () => {
  it('restores the same for every cut of the answer', () => {
    const cases = fc.tuple(fc.oneof(plainTexts, conversations), spoilings, cutLists)
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom('content', 'tool_arguments'),
        ([text, spoiling, cuts], channel) => {
          const request = replaced(own, text)
          const answer = answerTo(request.text, spoiling)
          const options = { direction: 'output', channel } as const
          for (const policy of [own, POLICY]) {
            const whole = replaced(own, text).pseudonyms
            const inPieces = replaced(own, text).pseudonyms
            const expected = policy.scan(answer, { ...options, pseudonyms: whole })
            const got = pushed(policy, answer, { ...options, cuts, pseudonyms: inPieces })
            expect(got.text).toBe(expected.text)
            expect(got.findings).toEqual(expected.findings)
            expect(inPieces.counts).toEqual(whole.counts)
          }
        },
      ),
      RUNS,
    )
  })

  it.each([
    ['', own],
    [' with a short maxSpan', compilePolicy({ extends: 'private', maxSpan: 32 })],
  ])('replaces the same for every cut of a request%s', (_how, policy) => {
    fc.assert(
      fc.property(fc.oneof(plainTexts, conversations), cutLists, (text, cuts) => {
        const pseudonyms = pseudonymsOf()
        const got = pushed(policy, text, { direction: 'input', cuts, pseudonyms })
        const expected = replaced(policy, text)
        expect(got.text).toBe(expected.text)
        expect(pseudonyms.counts).toEqual(expected.pseudonyms.counts)
      }),
      RUNS,
    )
  })
})

describe('law 2, no original', () => {
  it('leaves nothing of what was found in the text that leaves', () => {
    fc.assert(
      fc.property(fc.oneof(plainTexts, conversations), (text) => {
        const { findings } = own.scan(text, { direction: 'input' })
        const left = replaced(own, text)
        const found = findings.map(({ start, end }) => text.slice(start, end))
        // A value may be part of another word that nobody looks for, as `a@b.co` is of no address in `xa@b.co.x`.
        for (const value of found) {
          const before = text.split(value).length
          const after = left.text.split(value).length
          expect(after).toBeLessThan(before)
        }
      }),
      RUNS,
    )
  })
})

/** A text with each value in its first spelling, worked out by marks instead of stand-ins. */
function firstSpelling<T>(text: string, back: (marked: string, values: readonly string[]) => T): T {
  const firsts = new Map<string, string>()
  const values: string[] = []
  const pseudonyms = pseudonymsOf()
  const standInOf = pseudonyms.standInOf.bind(pseudonyms)
  pseudonyms.standInOf = (entity, value, isGlued) => {
    const name = standInOf(entity, value, isGlued) ?? ''
    if (!firsts.has(name)) firsts.set(name, value)
    return `\ue000${values.push(firsts.get(name) ?? '') - 1}\ue000`
  }
  return back(replaced(own, text, { pseudonyms }).text, values)
}

function unmarked(marked: string, values: readonly string[]): string {
  return marked.replace(/\ue000(\d+)\ue000/g, (_, place) => values[Number(place)] ?? '')
}

/** The same for a JSON document. */
function unmarkedJson(marked: string, values: readonly string[]): unknown {
  return JSON.parse(marked, (_key, value) => {
    if (typeof value === 'string') return unmarked(value, values)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [unmarked(key, values), item]),
    )
  })
}

describe('law 3, the way back', () => {
  it('gives back every text, each value in the spelling in which it came first', () => {
    fc.assert(
      fc.property(plainTexts, (text) => {
        fc.pre(!text.includes('\ue000'))
        const expected = firstSpelling(text, unmarked)
        const { text: left, pseudonyms } = replaced(own, text)
        expect(own.scan(left, { pseudonyms }).text).toBe(expected)
      }),
      RUNS,
    )
  })
})

describe('law 3 in JSON', () => {
  it('gives back every document, its numbers as strings', () => {
    const values = fc.oneof(conversations, fc.constant(4111), fc.boolean(), fc.constant(null))
    const documents = fc.dictionary(
      conversations,
      fc.oneof(values, fc.array(values, { maxLength: 3 })),
    )
    fc.assert(
      fc.property(documents, fc.constantFrom('content', 'tool_arguments'), (document, channel) => {
        const text = JSON.stringify(document)
        fc.pre(!text.includes('\ue000'))
        const { text: left, pseudonyms } = replaced(own, text, { channel })
        const back = own.scan(left, { channel, pseudonyms }).text
        expect(JSON.parse(back)).toEqual(firstSpelling(text, unmarkedJson))
      }),
      RUNS,
    )
  })

  it('escapes values for where they stand', () => {
    const { text, pseudonyms } = replaced(own, 'it is O\'Brien "Bo\\b" of ACME-123456')
    const [name = '', account = ''] = text.match(new RegExp(STAND_IN, 'g')) ?? []
    const json = `{"name":"${name}","note":"x\\n${name.replaceAll('_', '\\\\_')}","${account}":[1,"${account}"]}`
    for (const options of [{ channel: 'tool_arguments' }, { format: 'json' }, {}] as const) {
      const back = own.scan(json, { ...options, pseudonyms }).text
      expect(JSON.parse(back)).toEqual({
        name: 'O\'Brien "Bo\\b"',
        note: 'x\nO\'Brien "Bo\\b"',
        'ACME-123456': [1, 'ACME-123456'],
      })
    }
    expect(own.scan(`\`\`\`json\n{"a":"${name}"}`, { pseudonyms }).text).toContain('\\"Bo\\\\b\\"')
    expect(own.scan(`[${name}] said "${name}"`, { pseudonyms }).text).toBe(
      '[O\'Brien "Bo\\b"] said "O\'Brien "Bo\\b""',
    )
  })
})

describe('law 4, one value and one stand-in', () => {
  it('gives different values different stand-ins, none of which begins another, also where codes collide', () => {
    const pseudonyms = pseudonymsOf()
    const values = Array.from({ length: 4000 }, (_, i) => `ACME-${100000 + i}`)
    const names = values.map((value) => pseudonyms.standInOf('ACCOUNT', value) ?? '')
    const sorted = [...new Set(names)].sort()
    expect(sorted).toHaveLength(values.length)
    expect(sorted.some((name, i) => sorted[i + 1]?.startsWith(name))).toBe(false)
    expect(new Set(names.map((name) => name.length)).size).toBeGreaterThan(1)
    expect(values.map((value) => pseudonyms.standInOf('ACCOUNT', value))).toEqual(names)
    const text = names.join(' ')
    expect(own.scan(text, { pseudonyms }).text).toBe(values.join(' '))
  })

  it.each([
    ['PHONE_NUMBER', '+46 8 928 571 38', '+4689285 7138', '+46 8 928 571 39'],
    ['EMAIL_ADDRESS', 'Jo@Example.org', 'jo@example.ORG', 'jo@example.com'],
    [
      'IBAN_CODE',
      'gb33 bukb 2020 1555 5555 55',
      'GB33BUKB20201555555555',
      'GB33BUKB20201555555556',
    ],
    ['US_SSN', '123-45-6789', '１２３ 45 6789', '123-45-6780'],
    ['PERSON', 'José  Pérez', 'jose perez', 'Jose Peres'],
    ['ACCOUNT', 'a 1', 'a  1', 'A 1'],
  ])('knows spellings of one %s from different ones', (entity, one, ...[same, other]) => {
    const pseudonyms = pseudonymsOf()
    const name = pseudonyms.standInOf(entity, one)
    expect(pseudonyms.standInOf(entity, same)).toBe(name)
    expect(pseudonyms.standInOf(entity, other)).not.toBe(name)
  })

  it('tells entities apart whose values are the same', () => {
    const pseudonyms = pseudonymsOf()
    expect(pseudonyms.standInOf('A B', 'x')).not.toBe(pseudonyms.standInOf('A-B', 'x'))
  })

  it('makes a word of any name', () => {
    const pseudonyms = pseudonymsOf()
    for (const entity of ['kunden-name', 'Straße', '顧客', '1st', '', 'x'.repeat(200), '__']) {
      expect(pseudonyms.standInOf(entity, 'value')).toMatch(new RegExp(`^${STAND_IN.source}$`))
    }
  })

  it('keeps a stand-in over the turns of a conversation, whatever else is said, and one that came back as it was', () => {
    const first = replaced(own, 'I am jo.doe@example.org')
    const second = replaced(own, `${first.text}, and JO.DOE@example.org, 541-714-1388`)
    const [name = ''] = STAND_IN.exec(first.text) ?? []
    expect(second.text.split(name)).toHaveLength(3)
    expect(first.pseudonyms.standInOf('ANYTHING', name)).toBe(name)
  })
})

describe('law 5, conversations', () => {
  it('share no stand-in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 2 }), ([one, two]) => {
        const names = [one, two].map((scope) => pseudonymsOf(scope).standInOf('ACCOUNT', 'ACME-1'))
        expect(names[0]).not.toBe(names[1])
      }),
      { numRuns: 50 },
    )
    const otherKey = new Pseudonyms({ key: KEY.toReversed(), scope: 'a conversation' })
    expect(otherKey.standInOf('A', 'x')).not.toBe(pseudonymsOf().standInOf('A', 'x'))
  })
})

describe('law 6, hold', () => {
  it('is 0 unless the tail is the beginning of a stand-in of the request, and no longer than it', () => {
    fc.assert(
      fc.property(plainTexts, spoilings, (text, spoiling) => {
        const { text: left, pseudonyms, names } = replaced(own, text)
        const answer = answerTo(left, spoiling)
        for (const { held, seen } of pushed(own, answer, { cuts: everyCut(answer), pseudonyms })
          .steps) {
          const tail = answer.slice(seen - held, seen)
          const read = tail.toUpperCase().replace(/\\{1,2}(?=_|$)/g, '')
          const isBeginning = [...names].some((name) => name.startsWith(read) && name !== read)
          expect(held === 0 || isBeginning, tail).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is let go of where another text follows, and at the end', () => {
    const { text, pseudonyms } = replaced(own, 'ACME-123456')
    const stream = own.open({ direction: 'output', pseudonyms })
    expect(stream.push(text.slice(0, 9))).toMatchObject({ text: '', held: 9 })
    expect(stream.release()).toMatchObject({ text: text.slice(0, 9), held: 0 })
    expect(stream.push(` ${text.slice(0, 3)}`)).toMatchObject({ text: ' ', held: 3 })
    expect(stream.end()).toMatchObject({ text: text.slice(0, 3), held: 0 })
  })
})

describe('law 8, limits', () => {
  it.each([{ maxValues: 2 }, { maxCharacters: 60 }])(
    'makes no more stand-ins than %j, and leaks nothing',
    (limit) => {
      const pseudonyms = new Pseudonyms({ key: KEY, scope: 'x', ...limit })
      const { text } = replaced(own, 'ACME-123456 ACME-123457 ACME-123458 ACME-123456', {
        pseudonyms,
      })
      expect(text).not.toMatch(/ACME-/)
      expect(text).toContain('[ACCOUNT]')
      expect(pseudonyms.isFull).toBe(true)
      expect(pseudonyms.size).toBeLessThan(3)
    },
  )

  it('shows a label for what is longer than maxSpan, of which no whole value is known', () => {
    const policy = compilePolicy({
      maxSpan: 32,
      rules: [{ pattern: 'x+', name: 'LONG', action: { kind: 'pseudonymize' } }],
    })
    const { text, pseudonyms } = replaced(policy, `${'x'.repeat(500)} ${'x'.repeat(20)}`)
    expect(text).toMatch(/^LONG_\w{4}\[LONG\] LONG_\w{4}$/)
    expect(policy.scan(text, { pseudonyms }).text).toMatch(new RegExp(` ${'x'.repeat(20)}$`))
  })
})

/** What is shown for an answer in which S stands for a stand-in and V for its value. */
function answered(answer: string, options = {}) {
  const { text: name, pseudonyms } = replaced(own, 'ACME-123456')
  const shown = POLICY.scan(
    answer.replaceAll('S', () => name),
    { pseudonyms, ...options },
  ).text
  return { shown: shown.replaceAll(name, 'S').replaceAll('ACME-123456', 'V'), ...pseudonyms.counts }
}

describe('a stand-in in an answer', () => {
  it.each([
    ...[
      'S',
      '`S`',
      '[S]',
      '(S)',
      '**S**',
      '"S"',
      "S's",
      '<S>',
      '- S',
      'a/S',
      '中S',
      'Sx',
      'S S',
      '\\S',
    ],
    ...[
      'name: S',
      'Name:S',
      'Mail:S,S',
      '**Name:** S',
      '12:30 S',
      'e.g. S',
      '| S |',
      'C:\\S',
      'C:\\\\Users\\\\S',
      'a\\\\S',
      'x \\\\ S',
      '1.2.3/S',
      'git@host S',
      'a.b:S',
      'a < b = S',
    ],
    ...[
      'https://x.example S',
      '[x](y) S',
      '[x](<y>) S',
      '[x]: https://x.example S',
      '<b>S</b>',
      '](a\n\nS',
    ],
    ...['<img src="x"> S', '{"u":"https://x.example","n":"S"}', '{"u":"of https://x.example\\nS"}'],
    ...[
      '"https://x.example" S',
      'b{background:url("//x.example") S',
      "x's https://x.example S",
      "it's https://x.example S",
    ],
    ...[
      '"of https://x.example S"',
      '"https://x.example\nS',
      '[x]: <https://x.example>\nS',
      '"a" https://x.example S',
    ],
    ...['"a!" b https://x.example S', '{"u":"Name\\nhttps://x.example S"}'],
    ...['a [1]: S', 'a [1]: b <S', '{"u":"a https://x.example S"}'],
    ...['{"p":"C:\\\\S"}', '{"p":"\\\\\\\\host\\\\a b","n":"S"}'],
  ])('becomes its value in %j', (answer) => {
    const { shown, restored, keptInLinks } = answered(answer)
    expect(shown).toBe(answer.replaceAll('S', 'V'))
    expect([restored, keptInLinks]).toEqual([answer.split('S').length - 1, 0])
  })

  it.each([
    ...[
      'https://evil.example/?q=S',
      'HTTPS://e.example/a"S',
      'http://S',
      'x=ftp://e.example/S',
      '//e.example/S',
    ],
    ...[
      'www.evil.example/S',
      'evil.example/S',
      'evil.example?q=S',
      'mailto:S',
      'data:text/plain,S',
      'slack:x?q=S',
    ],
    ...[
      '\\\\S',
      '\\\\host\\S',
      '\\\\host\\share\\a"S',
      '\\\\?\\UNC\\host\\S',
      '\\??\\UNC\\host\\S',
      '"\\\\host@443\\S',
      'dir=\\\\host\\S',
      'path:\\\\host\\S',
      '/\\host\\S',
      '\\/host/S',
      '192.0.2.1/S',
      'git@host:S',
      'me@host.example:dir/S',
    ],
    ...['{"p":"\\\\\\\\host\\\\S"}', '{"p":"\\u005c\\\\host\\\\S"}', '{"p":"\\/\\\\host\\\\S"}'],
    ...[
      '![x](S',
      '![x](/a?q=S',
      '[x](<a b S',
      '[x](a(b)S',
      '[x](a\\)S',
      '[x]( <a)S',
      '[x](a "title S',
      '[x](a\nS',
    ],
    ...['[x]: S', '[x]:\nS', '[x]: <a b S', '> [x]: S', '- [x]: S'],
    ...['[x\ny]: <a b S', '[x]: <a\\> b S', '[x\ny]:\n<a b S'],
    ...[
      '"https://e.example/ a S',
      "url('//e.example/ a S",
      '`https://e.example/ a S',
      '" https://e.example/ a S',
      '"https://e.example/\\" a S',
      '=F("https://e.example/ a S',
      '"https://e.example/<a S',
      'b{background:url("https://e.example/ a S',
      'see:x("a")//y="https://e.example/ a S',
      '"https://e.example/"S',
    ],
    ...[
      '{"u":"https://e.example/ a S"}',
      '{"u":" https://e.example/ a S"}',
      '{"u":"https://e.example/\\nS"}',
      '{"u":"ht\\ttps://e.example/ S"}',
      '{"u":"https://e.example/\\" S"}',
      '["//e.example/ a S"]',
      '{"u":"\\n \\thttps://e.example/ S"}',
    ],
    ...[
      '<img src="S',
      "<img src='/ a S",
      '<img src=S',
      '<a title=">" href=S',
      '<a\nhref="\n\nS',
      '<br/><img/src=S',
    ],
    ...[
      'https&colon;&sol;&sol;e.example&sol;S',
      '{"u":"https:\\/\\/e.example\\/S"}',
      '{"u":"h\\u0074tps://S"}',
    ],
    ...['{"html":"<img src=\\"S"}', '{"html":"<img src=\\u0022/ S"}'],
  ])('stays one in %j', (answer) => {
    const { shown, restored, keptInLinks } = answered(answer)
    expect(shown.replaceAll('[URL]', '')).toBe(answer)
    expect([restored, keptInLinks]).toEqual([0, 1])
  })

  it('becomes its value in links where the policy allows it', () => {
    const { text: name, pseudonyms } = replaced(own, 'ACME-123456')
    expect(own.scan(`https://x.example/${name}`, { pseudonyms }).text).toBe(
      'https://x.example/ACME-123456',
    )
  })

  it.each(['xS', '_S', '1S', 'éS'])('is none in %j', (answer) => {
    expect(answered(answer)).toMatchObject({ shown: answer, restored: 0 })
  })

  it('is found behind a letter if the request had it there', () => {
    const { text, pseudonyms } = replaced(own, 'x_ACME-123456')
    expect(own.scan(`a${text.slice(2)} ${text}`, { pseudonyms }).text).toBe(
      'aACME-123456 x_ACME-123456',
    )
  })

  it('is found in lower case, and with the backslashes that Markdown and JSON put before an underscore', () => {
    const { text: name, pseudonyms } = replaced(own, 'Grace Hopper')
    const forms = [
      name,
      name.toLowerCase(),
      name.replaceAll('_', '\\_'),
      name.replaceAll('_', '\\\\_'),
    ]
    expect(own.scan(forms.join(' '), { pseudonyms }).text).toBe(
      Array(4).fill('Grace Hopper').join(' '),
    )
    const three = name.replaceAll('_', '\\\\\\_')
    expect(own.scan(three, { pseudonyms }).text).toBe(three)
  })

  it.each([
    ['ACCOUNT_0000', 1],
    ['(account_Z9ZZ9)', 1],
    ['ACCOUNT_0000 ACCOUNT_1111', 2],
    ['ACCOUNT_TYPE', 0],
    ['ACCOUNT_99', 0],
    ['ACCOUNT_123456789', 0],
    ['PERSON_K7QF', 0],
    ['xACCOUNT_0000', 0],
  ])('of no value of the request stays and is counted: %s', (answer, unknown) => {
    for (const cuts of [[], everyCut(answer)]) {
      const { pseudonyms } = replaced(own, 'ACME-123456')
      expect(pushed(own, answer, { cuts, pseudonyms }).text).toBe(answer)
      expect(pseudonyms.counts).toMatchObject({ restored: 0, unknown })
    }
  })

  it('is one opaque character to the rules of the policy', () => {
    const policy = compilePolicy({
      rules: [
        { pattern: '[A-Z]{3}\\w*', name: 'WORD', direction: 'output', action: { kind: 'redact' } },
        {
          terms: ['account'],
          match: 'substring',
          category: 'x',
          direction: 'output',
          action: { kind: 'block' },
        },
        {
          pattern: 'pay .{1,30} now',
          name: 'PAY',
          direction: 'output',
          action: { kind: 'redact' },
        },
      ],
    })
    const { text: name, pseudonyms } = replaced(own, 'ACME-123456')
    const { text, blocked } = policy.scan(`ABCDE ${name}, pay ${name} now: ${name}`, { pseudonyms })
    expect({ text, blocked }).toEqual({
      text: '[WORD] ACME-123456, [PAY]: ACME-123456',
      blocked: undefined,
    })
    expect(pseudonyms.counts.restored).toBe(2)
  })

  it('brings its value past the rules of the policy, whose own findings are concealed', () => {
    const { text, pseudonyms } = replaced(POLICY, 'I am jo.doe@example.org')
    const shown = POLICY.scan(`${text}, not b@c.example`, { pseudonyms }).text
    expect(shown).toBe('I am jo.doe@example.org, not [EMAIL_ADDRESS]')
  })
})

describe('the action', () => {
  const rules = (...kinds: ('redact' | 'pseudonymize' | 'mask')[]) =>
    kinds.map((kind, i) => ({ id: `${i}`, pattern: 'a\\d+', name: 'A', action: { kind } }))

  it('conceals more than a mask and less than a label', () => {
    const left = (...kinds: Parameters<typeof rules>) =>
      replaced(compilePolicy({ rules: rules(...kinds) }), 'a123').text
    expect(left('mask', 'pseudonymize')).toMatch(/^A_\w{4}$/)
    expect(left('pseudonymize', 'redact')).toBe('[A]')
  })

  it('shows a label without the stand-ins of a request', () => {
    expect(POLICY.scan('jo.doe@example.org', { direction: 'input' }).text).toBe('[EMAIL_ADDRESS]')
  })

  it('gives each part of matches that overlap its own stand-in, so that all of them come back', () => {
    const policy = compilePolicy({
      rules: [{ pattern: 'ab.ab', name: 'A', action: { kind: 'pseudonymize' } }],
    })
    const { text, pseudonyms } = replaced(policy, 'ab1ab2ab')
    expect(text).toMatch(/^A_\w{4}A_\w{4}$/)
    expect(policy.scan(text, { pseudonyms }).text).toBe('ab1ab2ab')
  })

  it.each([
    [
      { rules: [{ entity: 'EMAIL_ADDRESS', direction: 'both', action: { kind: 'pseudonymize' } }] },
      'rules[0].direction',
    ],
    [{ rules: [{ entity: 'URL', action: { kind: 'pseudonymize' } }] }, 'rules[0].action.kind'],
    [
      { rules: [{ entity: 'EMAIL_ADDRESS', action: { kind: 'pseudonymize', with: 'x' } }] },
      'rules[0].action.with',
    ],
    [{ pseudonyms: { restoreTool: [] } }, 'pseudonyms.restoreTool'],
    [{ pseudonyms: { instruct: 'no' } }, 'pseudonyms.instruct'],
    [{ pseudonyms: { restoreIn: ['tool_arguments'] } }, 'pseudonyms.restoreIn[0]'],
    [{ pseudonyms: { restoreTools: 'crm' } }, 'pseudonyms.restoreTools'],
    [{ pseudonyms: { restoreTools: [''] } }, 'pseudonyms.restoreTools[0]'],
    [{ pseudonyms: [] }, 'pseudonyms'],
  ])('is refused where it cannot be: %j', (definition, path) => {
    const refused = { name: 'PolicyError', path }
    expect(() => compilePolicy(definition as never)).toThrow(expect.objectContaining(refused))
  })

  it('needs a key of 16 bytes', () => {
    expect(() => new Pseudonyms({ key: KEY.slice(0, 15), scope: '' })).toThrow(PolicyError)
  })

  it('inherits what a policy says of stand-ins, and changes the hash with it', () => {
    const policy = compilePolicy({
      extends: 'private',
      pseudonyms: { restoreTools: ['crm_lookup'] },
    })
    expect(policy.pseudonyms).toEqual({
      instruct: true,
      restoreIn: ['content'],
      restoreTools: ['crm_lookup'],
      restoreInLinks: false,
    })
    expect(policy.hash).not.toBe(compilePolicy({ extends: 'private' }).hash)
    expect(compilePolicy('standard').pseudonyms).toBeUndefined()
  })
})
