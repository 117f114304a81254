// Where a value begins although something that looks like a letter stands before it: escape sequences, `_`, a capital.
import { describe, expect, it } from 'vitest'
import { compilePolicy } from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const strict = compilePolicy('strict')

const VALUES = [
  ['IBAN_CODE', 'NL91ABNA0417164300'],
  ['AWS_ACCESS_KEY', 'AKIAIOSFODNN7EXAMPLE'],
  ['EMAIL_ADDRESS', 'ines.low@example.org'],
  ['JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA'],
  ['URL', 'https://example.org/a'],
  ['IP_ADDRESS', '192.0.2.44'],
  ['CREDIT_CARD', '4111111111111111'],
  ['PHONE_NUMBER', '+442079460958'],
] as const

const ESCAPES = [
  '\\n',
  '\\t',
  '\\r\\n',
  '\\\\n',
  '\\\\\\\\t',
  '\\u003c',
  '\\u0022',
  '\\u000a',
  '\\x0a',
  '\\x3e',
]

function shown(text: string): string {
  const { text: whole } = strict.scan(text)
  expect(pushed(strict, text, { cuts: everyCut(text) }).text).toBe(whole)
  return whole
}

describe.each(VALUES)('%s', (entity, value) => {
  it.each(ESCAPES)('is found whole behind %s, which stays', (sequence) => {
    expect(shown(`{"note":"seen${sequence}${value}"}`)).toBe(
      `{"note":"seen${sequence}[${entity}]"}`,
    )
  })

  it('is found where every character is an escape sequence', () => {
    const escaped = [...value].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    expect(shown(`"${escaped.join('')}"`)).toBe(`"[${entity}]"`)
    expect(shown(`"${escaped.map((one) => `\\\\\\${one}`).join('')}"`)).toBe(`"[${entity}]"`)
  })
})

describe('a word of context', () => {
  it.each(['\\n', '\\t', '\\r\\n', '\\\\n', '\\u003e'])('counts behind %s', (sequence) => {
    expect(shown(`"seen${sequence}DOB 12/03/1984"`)).toBe(`"seen${sequence}DOB [DATE_OF_BIRTH]"`)
    expect(shown(`"seen${sequence}ssn${sequence}078051120"`)).toBe(
      `"seen${sequence}ssn${sequence}[US_SSN]"`,
    )
  })
})

describe('a mark of Markdown', () => {
  it.each([
    ['_+44 20 7946 0000_', '_[PHONE_NUMBER]_'],
    ['phone _415-555-0123_', 'phone _[PHONE_NUMBER]_'],
    ['**jo@example.org**', '**[EMAIL_ADDRESS]**'],
    ['_4111 1111 1111 1111_', '_[CREDIT_CARD]_'],
  ])('is no part of a value: %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })
})

describe('a word of context in a name', () => {
  it.each([
    ['date_of_birth: 12/03/1984', 'date_of_birth: [DATE_OF_BIRTH]'],
    ['dateOfBirth="12/03/1984"', 'dateOfBirth="[DATE_OF_BIRTH]"'],
    ['user_ssn=078051120', 'user_ssn=[US_SSN]'],
    ['{"employeeSsn":"078051120"}', '{"employeeSsn":"[US_SSN]"}'],
    ['DOB_PATIENT = 12/03/1984', 'DOB_PATIENT = [DATE_OF_BIRTH]'],
    ['dob_12/03/1984', 'dob_[DATE_OF_BIRTH]'],
  ])('counts: %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it.each(['stubborn 12/03/1984', 'rebirth 12/03/1984', 'dobson 12/03/1984'])(
    'counts alone, not as a part: %s',
    (text) => {
      expect(strict.scan(text).text).toBe(text)
    },
  )
})

describe('a value', () => {
  it.each([
    ['aws_key_AKIAIOSFODNN7EXAMPLE', 'aws_key_[AWS_ACCESS_KEY]'],
    ['awsKeyAKIAIOSFODNN7EXAMPLE', 'awsKey[AWS_ACCESS_KEY]'],
    ['ibanNL91ABNA0417164300', 'iban[IBAN_CODE]'],
    ['id_token_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA', 'id_token_[JWT]'],
    ['card_number4111111111111111', 'card_number[CREDIT_CARD]'],
    ['tel02079460958', 'tel[PHONE_NUMBER]'],
    ['userPhone4155550113', 'userPhone[PHONE_NUMBER]'],
    ['ssn078051120', 'ssn[US_SSN]'],
    ['host_192.0.2.44', 'host_[IP_ADDRESS]'],
    ['userEmail:ines.low@example.org', 'userEmail:[EMAIL_ADDRESS]'],
  ])('begins where a word does: %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it.each([
    'C:\\new\\reports\\4111',
    'C:\\temp\\nightly\\build-2024.10',
    'matches \\b\\d{3}-\\d{2}-\\d{4}\\b and \\w+@\\w+',
    '\\d+\\.\\d+\\.\\d+',
    'XAKIAIOSFODNN7EXAMPLE',
    'phone model4155550113',
    'discard4111111111111111',
    'xgb33bukb20201555555555',
    'grew 50%20 or 5%2',
    '\\textbf{note} and \\frac{1}{2}',
  ])('is not seen in %s', (text) => {
    expect(strict.scan(text)).toEqual({ text, findings: [] })
  })
})

describe('characters that count as nothing', () => {
  const values = [
    ['4111111111111111', '[CREDIT_CARD]'],
    ['NL91ABNA0417164300', '[IBAN_CODE]'],
  ] as const
  const nothings = [
    ...[
      '\u0000',
      '\u0007',
      '\u001b',
      '\u007f',
      '\u0090',
      '\u00ad',
      '\u034f',
      '\u0488',
      '\u05bf',
      '\u061c',
    ],
    ...[
      '\u0651',
      '\u0e31',
      '\u180e',
      '\u200b',
      '\u200f',
      '\u202e',
      '\u2064',
      '\u2069',
      '\u20dd',
      '\u3164',
    ],
    ...[
      '\ufe0f',
      '\ufeff',
      '\ufff9',
      '\u{110bd}',
      '\u{1d167}',
      '\u{1d173}',
      '\u{e0031}',
      '\u{e01ef}',
      '\\u200b',
    ],
  ]
  it.each(nothings)('hide no value between its characters: %j', (nothing) => {
    for (const [value, label] of values) expect(shown([...value].join(nothing))).toBe(label)
  })
})

describe('digits of other scripts', () => {
  // The zeros of some of Unicode's decimal digits (general category Nd), in and beyond the basic plane.
  const zeros = [
    ...[0x660, 0x6f0, 0x966, 0xe50, 0x17e0, 0xa8d0, 0xff10, 0x104a0, 0x11066, 0x110f0, 0x11c50],
    ...[0x16b50, 0x1d7ce, 0x1d7e2, 0x1d7f6, 0x1e2f0, 0x1e950, 0x1fbf0],
  ]
  it.each(zeros)('are digits: U+%s', (zero) => {
    const card = [...'4111111111111111'].map((digit) => String.fromCodePoint(zero + Number(digit)))
    expect(shown(`card ${card.join('')}`)).toBe('card [CREDIT_CARD]')
  })
})
