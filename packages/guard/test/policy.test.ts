// Policies: what a definition may say, what is refused and where, how rules are inherited, and what operators show.
import { describe, expect, it } from 'vitest'
import {
  type Action,
  compilePolicy,
  type OpenOptions,
  type PolicyDefinition,
  PolicyError,
  type RuleDefinition,
} from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const KEY = 'a key of at least sixteen bytes'
const CARD = '4111 1111 1111 1111'
const redact = { kind: 'redact' } as const

function refusal(definition: unknown): PolicyError {
  try {
    compilePolicy(definition as PolicyDefinition)
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
  throw new Error('the policy was accepted')
}

const REFUSED: readonly (readonly [string, unknown, Partial<PolicyError>])[] = [
  ['a policy of no such name', 'nonsense', { code: 'unknown_policy' }],
  [
    'no such entity',
    { rules: [{ entity: 'NAME', action: redact }] },
    { code: 'unknown_entity', path: 'rules[0].entity' },
  ],
  [
    'no such action',
    { rules: [{ entity: 'URL', action: { kind: 'x' } }] },
    { code: 'unknown_action' },
  ],
  [
    'no action at all',
    { rules: [{ entity: 'URL' }] },
    { code: 'unknown_action', path: 'rules[0].action.kind' },
  ],
  [
    'a rule that looks for nothing',
    { rules: [{ action: redact }] },
    { code: 'invalid_rule', path: 'rules[0]' },
  ],
  [
    'two rules of one id',
    {
      rules: [
        { entity: 'URL', action: redact },
        { entity: 'URL', action: redact },
      ],
    },
    { code: 'duplicate_rule', path: 'rules[1]' },
  ],
  [
    'broken RegExp source',
    { rules: [{ pattern: 'a(b', name: 'X', action: redact }] },
    { code: 'pattern_syntax', path: 'rules[0].pattern', position: 3 },
  ],
  [
    'a back-reference',
    { rules: [{ pattern: 'x(a)\\1', name: 'X', action: redact }] },
    { code: 'pattern_unsupported', position: 4 },
  ],
  [
    'long look-ahead',
    { rules: [{ pattern: 'a(?=bc)', name: 'X', action: redact }] },
    { code: 'pattern_unsupported', position: 1 },
  ],
  [
    'a pattern that matches nothing at all',
    { rules: [{ pattern: 'a*', name: 'X', action: redact }] },
    { code: 'pattern_matches_empty', path: 'rules[0].pattern' },
  ],
  [
    'a pattern that grows too large',
    { rules: [{ pattern: '(?:a{90}){90}', name: 'X', action: redact }] },
    { code: 'pattern_too_large', path: 'rules[0].pattern' },
  ],
  [
    'a wrong direction',
    { rules: [{ entity: 'URL', action: redact, direction: 'up' }] },
    { code: 'invalid_rule', path: 'rules[0].direction' },
  ],
  [
    'a wrong channel',
    { rules: [{ entity: 'URL', action: redact, channels: ['x'] }] },
    { path: 'rules[0].channels[0]' },
  ],
  [
    'an invisible term',
    { rules: [{ terms: ['\u200b'], category: 'x', action: redact }] },
    { code: 'term_invalid', path: 'rules[0].terms[0]' },
  ],
  [
    'a short key',
    { rules: [{ entity: 'US_SSN', action: { kind: 'hash', key: 'short' } }] },
    { code: 'hash_key_too_short' },
  ],
  [
    'the hash of what has no bound',
    { rules: [{ entity: 'JWT', action: { kind: 'hash', key: KEY } }] },
    { code: 'hash_not_possible' },
  ],
  [
    'cards hashed here and masked there',
    {
      rules: [
        { entity: 'CREDIT_CARD', action: { kind: 'hash', key: KEY } },
        { id: 'b', entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } },
      ],
    },
    { code: 'card_hash_with_mask' },
  ],
  ['nothing', null, { code: 'invalid_rule' }],
  ['a list', [], { code: 'invalid_rule' }],
  ['a misspelt field', { extend: 'standard' }, { code: 'unknown_field', path: 'extend' }],
  [
    'a misspelt field of a rule',
    { rules: [{ entity: 'URL', action: redact, treshold: 1 }] },
    { code: 'unknown_field', path: 'rules[0].treshold' },
  ],
  [
    'a field of another kind of rule',
    { rules: [{ entity: 'URL', action: redact, score: 1 }] },
    { code: 'unknown_field', path: 'rules[0].score' },
  ],
  [
    'a field of another action',
    { rules: [{ entity: 'URL', action: { kind: 'mask', with: '#' } }] },
    { code: 'unknown_field', path: 'rules[0].action.with' },
  ],
  ['rules that are no list', { rules: { URL: redact } }, { path: 'rules' }],
  ['a rule that is no mapping', { rules: ['URL'] }, { code: 'invalid_rule', path: 'rules[0]' }],
  ['an empty rule', { rules: [null] }, { code: 'invalid_rule', path: 'rules[0]' }],
  [
    'a rule that looks for two things',
    { rules: [{ entity: 'URL', pattern: 'a', action: redact }] },
    { code: 'invalid_rule', path: 'rules[0]' },
  ],
  ['a text for a list of allowed ones', { allow: 'a@b.org' }, { path: 'allow' }],
  ['a text for a list of rules', { extends: 'strict', without: 'URL' }, { path: 'without' }],
  [
    'leaving out what is not inherited',
    { extends: 'strict', without: ['PHONE'] },
    { code: 'unknown_rule', path: 'without[0]' },
  ],
  [
    'a text for a list of channels',
    { rules: [{ entity: 'URL', action: redact, channels: 'content' }] },
    { path: 'rules[0].channels' },
  ],
  [
    'no channel at all',
    { rules: [{ entity: 'URL', action: redact, channels: [] }] },
    { path: 'rules[0].channels' },
  ],
  [
    'a term of blanks',
    { rules: [{ terms: [' '], category: 'x', action: redact }] },
    { code: 'term_invalid', path: 'rules[0].terms[0]' },
  ],
  [
    'flags that are no text',
    { rules: [{ pattern: 'a', flags: 5, name: 'X', action: redact }] },
    { code: 'pattern_unsupported', path: 'rules[0].pattern' },
  ],
  ['a name that is no text', { name: 5 }, { path: 'name' }],
  ['a score above one', { threshold: 2 }, { path: 'threshold' }],
  ['a tiny maxSpan', { maxSpan: 3 }, { code: 'invalid_option', path: 'maxSpan' }],
]

describe('a definition', () => {
  it.each(REFUSED)('is refused with %s', (...[, definition, expected]) => {
    expect(refusal(definition)).toMatchObject(expected)
  })

  it('never shows its key in an error or in its hash', () => {
    const rule = { entity: 'JWT', action: { kind: 'hash', key: KEY } }
    expect(refusal({ rules: [rule] }).message).not.toContain(KEY)
    const policies = [KEY, `${KEY}2`].map((key) =>
      compilePolicy({ rules: [{ entity: 'US_SSN', action: { kind: 'hash', key } }] }),
    )
    expect(policies[0]?.hash).toBe(policies[1]?.hash)
  })

  it('has a hash that follows its content', () => {
    const of = (definition: PolicyDefinition) => compilePolicy(definition).hash
    expect(of({ extends: 'standard' })).toBe(of({ extends: 'standard' }))
    expect(of({ extends: 'standard' })).not.toBe(of({ extends: 'standard', without: ['JWT'] }))
    expect(compilePolicy('standard').hash).toMatch(/^[0-9a-f]{16}$/)
  })

  it('inherits rules, replaces those of the same id and leaves out others', () => {
    const policy = compilePolicy({
      extends: 'standard',
      without: ['US_SSN'],
      rules: [{ entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } }],
    })
    expect(policy.scan(`${CARD}, 078-05-1120, a@b.org`).text).toBe(
      '***************1111, 078-05-1120, [EMAIL_ADDRESS]',
    )
  })
})

describe('the options of a stream', () => {
  it.each([
    ['no direction', {}],
    ['no such direction', { direction: 'out' }],
    ['no such channel', { direction: 'output', channel: 'tools' }],
    ['no such role', { direction: 'output', role: 'me' }],
  ])('are refused with %s', (_name, options) => {
    const open = () => compilePolicy('standard').open(options as OpenOptions)
    expect(open).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  })
})

const SHOWN: readonly (readonly [Action, string])[] = [
  [{ kind: 'redact' }, 'pay [CREDIT_CARD] now'],
  [{ kind: 'redact', label: '(card)' }, 'pay (card) now'],
  [{ kind: 'replace', with: 'XXXX' }, 'pay XXXX now'],
  [{ kind: 'mask' }, 'pay ******************* now'],
  [{ kind: 'mask', keepLast: 4, character: '#' }, 'pay ###############1111 now'],
  [{ kind: 'mask', keepLast: 99 }, 'pay **********1111 1111 now'],
  [{ kind: 'observe' }, `pay ${CARD} now`],
  [{ kind: 'block' }, 'pay '],
]

describe('an operator', () => {
  it.each(SHOWN)('%j shows: %s', (action, text) => {
    const policy = compilePolicy({ rules: [{ entity: 'CREDIT_CARD', action }] })
    const result = policy.scan(`pay ${CARD} now`)
    expect(result.text).toBe(text)
    expect(result.findings).toEqual([
      {
        entity: 'CREDIT_CARD',
        start: 4,
        end: 23,
        score: 1,
        ruleId: 'CREDIT_CARD',
        action: action.kind,
      },
    ])
    expect(JSON.stringify(result.findings)).not.toContain('1111')
  })

  it('hash shows 128 bits that depend on value and key alone', () => {
    const shown = (key: string, text: string) =>
      compilePolicy({ rules: [{ entity: 'US_SSN', action: { kind: 'hash', key } }] }).scan(text)
        .text
    expect(shown(KEY, '078-05-1120')).toMatch(/^\[US_SSN:[0-9a-f]{32}\]$/)
    expect(shown(KEY, '078-05-1120')).toBe(shown(KEY, '０７８-05-1120'))
    expect(shown(KEY, '078-05-1120')).not.toBe(shown(`${KEY}2`, '078-05-1120'))
    expect(shown(KEY, '078-05-1120')).not.toBe(shown(KEY, '078-05-1121'))
  })

  it('that conceals more wins where matches overlap, character by character', () => {
    const rules: RuleDefinition[] = [
      { pattern: 'abcd', name: 'A', action: { kind: 'mask' } },
      { pattern: 'cdef', name: 'C', action: redact },
      { pattern: 'efgh', name: 'E', action: { kind: 'observe' } },
    ]
    expect(compilePolicy({ rules }).scan('abcdefgh').text).toBe('**[C]gh')
  })

  it('shows one label for matches of one rule that run into each other', () => {
    const policy = compilePolicy({ rules: [{ entity: 'EMAIL_ADDRESS', action: redact }] })
    expect(policy.scan('a@a.aa@a.aa@a.aa b@b.bb').text).toBe('[EMAIL_ADDRESS] [EMAIL_ADDRESS]')
  })
})

describe('scope', () => {
  const rules: RuleDefinition[] = [
    { pattern: 'in', name: 'IN', action: redact, direction: 'input' },
    { pattern: 'sys', name: 'SYS', action: redact, roles: ['system'] },
    { pattern: 'why', name: 'WHY', action: redact, channels: ['reasoning'] },
  ]
  const policy = compilePolicy({ rules })
  const text = 'in sys why'

  it.each([
    [{ direction: 'input' }, '[IN] sys why'],
    [{ direction: 'output' }, text],
    [{ direction: 'output', channel: 'reasoning' }, 'in sys [WHY]'],
    [{ direction: 'input', role: 'system' }, '[IN] [SYS] why'],
    [{ direction: 'input', role: 'developer' }, '[IN] sys why'],
    [{ direction: 'input', role: 'tool', channel: 'reasoning' }, '[IN] sys [WHY]'],
  ] as const)('%j', (options, shown) => {
    expect(policy.scan(text, options).text).toBe(shown)
    expect(policy.applies(options)).toBe(shown !== text)
  })

  it.each([
    [{ direction: 'input', role: 'user' }, '[IN] sys why'],
    [{ direction: 'input', role: 'developer' }, text],
    [{ direction: 'input', role: 'system' }, 'in [SYS] why'],
  ] as const)('leaves out trusted roles unless a rule names them: %j', (options, shown) => {
    const trusting = compilePolicy({ rules, trustedRoles: ['system', 'developer'] })
    expect(trusting.scan(text, options).text).toBe(shown)
  })
})

describe('an allow-list', () => {
  const policy = compilePolicy({
    allow: ['Support@Example.org', '+1 800 555 0199'],
    rules: [
      { entity: 'EMAIL_ADDRESS', action: { kind: 'block' } },
      { entity: 'PHONE_NUMBER', action: redact },
    ],
  })

  it.each([
    [
      'write to support@example.org or call +1 800 555 0199.',
      'write to support@example.org or call +1 800 555 0199.',
    ],
    ['write to xsupport@example.org', 'write to '],
    ['write to support@example.org.evil.com', 'write to '],
    ['call +1 800 555 0198', 'call [PHONE_NUMBER]'],
  ])('in "%s" gives "%s"', (text, shown) => {
    expect(policy.scan(text).text).toBe(shown)
  })
})

describe('a match that a longer text covers', () => {
  it('is decided once maxSpan has passed, at every cut', () => {
    const text = `no@a.org ${'y'.repeat(40)} yes@a.org`
    const policy = compilePolicy({
      maxSpan: 32,
      allow: [text],
      rules: [{ entity: 'EMAIL_ADDRESS', action: redact }],
    })
    const shown = `[EMAIL_ADDRESS] ${'y'.repeat(40)} yes@a.org`
    expect(policy.scan(text).text).toBe(shown)
    expect(pushed(policy, text, { cuts: everyCut(text) }).text).toBe(shown)
  })

  it.each([
    ['photo@odata.typeb.coreact@', 'photo@odata.typeb.coreact@'],
    [`${'x'.repeat(15)}photo@odata.typeb.core@`, 'xxxxx[EMAIL_ADDRESS]@'],
    [`${'x'.repeat(40)}react@18.2.0-rc.next`, `${'x'.repeat(28)}[EMAIL_ADDRESS]`],
  ])('is one if it began too long ago to be known whole: %s', (text, shown) => {
    const short = compilePolicy({ extends: 'strict', maxSpan: 32 })
    const argument = (value: string) => `{"${value}":""}`
    const options = { channel: 'tool_arguments' } as const
    expect(short.scan(argument(text), options).text).toBe(argument(shown))
    for (const cut of everyCut(argument(text))) {
      const { text: inPieces } = pushed(short, argument(text), { cuts: [cut], ...options })
      expect(inPieces).toBe(argument(shown))
    }
  })

  it('is none if that is what only looks like the entity, and blocks nothing', () => {
    const policy = compilePolicy({
      rules: [{ entity: 'EMAIL_ADDRESS', action: { kind: 'block' } }],
    })
    const repository = 'git@example.org:quill/app.git, '
    const text = `${repository}jo@example.org: hello`
    const outcome = pushed(policy, text, { cuts: everyCut(text) })
    expect(outcome.text).toBe(repository)
    expect(outcome.blocked).toMatchObject({ entity: 'EMAIL_ADDRESS' })
    expect(policy.scan(repository)).toEqual({ text: repository, findings: [] })
  })
})

describe('policy off', () => {
  it('hands a delta on as it is and applies to nothing', () => {
    const off = compilePolicy('off')
    expect(off.applies({ direction: 'input' })).toBe(false)
    expect(off.open({ direction: 'output' }).push('a@b.org')).toEqual({
      text: 'a@b.org',
      findings: [],
      held: 0,
    })
  })
})

describe('tool arguments', () => {
  it('are only observed by standard, but for cards and secrets', () => {
    const text = '{"to":"a@b.org","card":4111111111111111}'
    const result = compilePolicy('standard').scan(text, { channel: 'tool_arguments' })
    expect(result.text).toBe('{"to":"a@b.org","card":"[CREDIT_CARD]"}')
    expect(result.findings.map((f) => [f.entity, f.action, text.slice(f.start, f.end)])).toEqual([
      ['EMAIL_ADDRESS', 'observe', 'a@b.org'],
      ['CREDIT_CARD', 'redact', '4111111111111111'],
    ])
  })

  it('take a key as context of its value', () => {
    const { text } = compilePolicy('strict').scan('{"ssn":"123456789"}', {
      channel: 'tool_arguments',
    })
    expect(text).toBe('{"ssn":"[US_SSN]"}')
  })

  it('report places in the JSON text as it was written', () => {
    const text = String.raw`{"a":"\u0061@b.or\u0067 \"x"}`
    const { findings } = compilePolicy('strict').scan(text, { channel: 'tool_arguments' })
    expect(findings.map((f) => text.slice(f.start, f.end))).toEqual([String.raw`\u0061@b.or\u0067`])
  })

  it('that are no JSON are guarded as plain text', () => {
    const { text } = compilePolicy('strict').scan(' card: 4111 1111 1111 1111 "x" \\n', {
      channel: 'tool_arguments',
    })
    expect(text).toBe(' card: [CREDIT_CARD] "x" \\n')
  })

  it.each([
    [`{'card': '${CARD}'}`, `{'card': '[CREDIT_CARD]'}`],
    [`the card ${CARD}`, 'the card [CREDIT_CARD]'],
    [`4111 1111 1111 1111, "x"`, '[CREDIT_CARD], "x"'],
    [`-${CARD}`, '-[CREDIT_CARD]'],
    [`{"a":${CARD}}`, '{"a":[CREDIT_CARD]}'],
    [`{"a":1,"b": card ${CARD}}`, '{"a":1,"b": card [CREDIT_CARD]}'],
    ['{"ip": 2001:db8:0:0:0:0:0:1}', '{"ip": [IP_ADDRESS]}'],
    [`{'a':"\\u0034111 1111 1111 1111"} ${CARD}`, `{'a':"[CREDIT_CARD]"} [CREDIT_CARD]`],
    [`["x"] ${CARD}`, '["x"] [CREDIT_CARD]'],
  ])('are guarded as plain text where they stop being JSON: %s', (text, expected) => {
    const options = { channel: 'tool_arguments' } as const
    const strict = compilePolicy('strict')
    expect(strict.scan(text, options).text).toBe(expected)
  })

  it('stay JSON around a bare value and the blanks behind it', () => {
    const blanks = ' \n\t'.repeat(400)
    const text = `[4111111111111111${blanks}, {"a": 4111111111111111 }, true ,4111111111111111 ]`
    const result = compilePolicy('strict').scan(text, { channel: 'tool_arguments' })
    const card = '[CREDIT_CARD]'
    expect(JSON.parse(result.text)).toEqual([card, { a: card }, true, card])
  })

  it('hold no more than came, whatever the label of a bare value', () => {
    const policy = compilePolicy({
      maxSpan: 40,
      rules: [{ pattern: '4111', name: 'A', action: { kind: 'hash', key: KEY } }],
    })
    const stream = policy.open({ direction: 'output', channel: 'tool_arguments' })
    stream.push('{"a":')
    expect(stream.push('4111111').held).toBe(7)
    expect(stream.push('1').held).toBe(8)
    expect(stream.push('}').held).toBe(0)
  })

  it.each(['{"a":"x\\\\u00', '{"a":"x', '{"a":12', '[tru', ''])(
    'are as they were if cut off: %s',
    (text) => {
      expect(compilePolicy('strict').scan(text, { channel: 'tool_arguments' }).text).toBe(text)
    },
  )

  it('emit nothing of a blocked value', () => {
    const policy = compilePolicy({ rules: [{ entity: 'US_SSN', action: { kind: 'block' } }] })
    const result = policy.scan('{"a":"x 078-05-1120","b":1}', { channel: 'tool_arguments' })
    expect(result).toMatchObject({ text: '{"a":"x ', blocked: { ruleId: 'US_SSN' } })
  })
})
