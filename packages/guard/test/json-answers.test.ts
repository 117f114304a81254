// Answers in JSON stay JSON, and stay as they were written where nothing is concealed.
import { describe, expect, it } from 'vitest'
import { compilePolicy, type OpenOptions } from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const strict = compilePolicy('strict')
const CARD = '4111111111111111'

function shown(text: string, options: Partial<OpenOptions> = {}): string {
  const whole = strict.scan(text, options)
  const outcome = pushed(strict, text, { cuts: everyCut(text), ...options })
  expect(outcome.text).toBe(whole.text)
  expect(outcome.findings).toEqual(whole.findings)
  return whole.text
}

describe('an answer that begins like JSON', () => {
  it.each([
    [`{"card":${CARD},"n":1}`, '{"card":"[CREDIT_CARD]","n":1}'],
    [`  \n[${CARD}, "x@example.org"]`, '  \n["[CREDIT_CARD]", "[EMAIL_ADDRESS]"]'],
    [`{"x@example.org": true}`, '{"[EMAIL_ADDRESS]": true}'],
    [
      `\`\`\`json\n{"card": ${CARD}}\n\`\`\`\nCard ${CARD}.`,
      '```json\n{"card": "[CREDIT_CARD]"}\n```\nCard [CREDIT_CARD].',
    ],
    [`\`\`\`\n[${CARD}]\n\`\`\``, '```\n["[CREDIT_CARD]"]\n```'],
    [`{"a":1}\n{"card":${CARD}}\n`, '{"a":1}\n{"card":"[CREDIT_CARD]"}\n'],
    [`{"ssn":"078051120"}`, '{"ssn":"[US_SSN]"}'],
    [`{"a":"\\u0034111 1111 1111 1111"}`, '{"a":"[CREDIT_CARD]"}'],
    [
      `{"a":"{\\"card\\":\\"\\\\u0034111111111111111\\"}"}`,
      '{"a":"{\\"card\\":\\"[CREDIT_CARD]\\"}"}',
    ],
  ])('stays JSON: %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it.each([
    `{"a": [1.5, -2e10, null], "b": "caf\\u00e9 \\/ \\ud83d\\ude00 \\\\ \\n", "c": {}}`,
    '[]',
    '```json\n{"a": "x"}\n```',
    '[see the docs](https:) and "quotes"',
    '{{ template }} and {more}',
    '[1] A note. [2] Another.',
    '```ts\nconst a = [1, 2]\n```',
  ])('is passed on as it is where nothing is found: %s', (text) => {
    expect(shown(text)).toBe(text)
  })

  it.each([
    [`[Note] card ${CARD}`, '[Note] card [CREDIT_CARD]'],
    [`[1] card ${CARD}, "x@example.org"`, '[1] card [CREDIT_CARD], "[EMAIL_ADDRESS]"'],
    [
      `{"a": 1, // card ${CARD}\n"b": ${CARD}}`,
      '{"a": 1, // card [CREDIT_CARD]\n"b": [CREDIT_CARD]}',
    ],
    [
      `["a"] "4111 1111 1111 1111" then 4111 1111 1111 1111`,
      '["a"] "[CREDIT_CARD]" then [CREDIT_CARD]',
    ],
    [`{'card': '${CARD}'}`, `{'card': '[CREDIT_CARD]'}`],
    [`{"a" "${CARD}"`, '{"a" "[CREDIT_CARD]"'],
    [
      `\`\`\`${'x'.repeat(20)}\n{"card": ${CARD}}`,
      `\`\`\`${'x'.repeat(20)}\n{"card": [CREDIT_CARD]}`,
    ],
  ])('is guarded as any other text from where it is none: %s', (text, expected) => {
    expect(shown(text)).toBe(expected)
  })

  it('has its findings where they are', () => {
    const text = `{"a\\n":"x","card": ${CARD} ,"mail":"\\tx@example.org"} and x@example.org`
    const pieces = strict.scan(text).findings.map(({ start, end }) => text.slice(start, end))
    expect(pieces).toEqual([CARD, 'x@example.org', 'x@example.org'])
  })

  it('escapes what is put into its strings, and nowhere else', () => {
    const policy = compilePolicy({
      rules: [
        { entity: 'CREDIT_CARD', action: { kind: 'replace', with: '"\\' } },
        { entity: 'US_SSN', action: { kind: 'mask', character: '"' } },
      ],
    })
    const { text } = policy.scan(`{"a":"${CARD}","b":"078-05-1120","c":${CARD}} ${CARD}`)
    expect(text).toBe(`{"a":"\\"\\\\","b":"${'\\"'.repeat(11)}","c":"\\"\\\\"} "\\`)
  })

  it('keeps the last characters of a masked value, however they are written', () => {
    const policy = compilePolicy({
      rules: [{ entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } }],
    })
    const { text } = policy.scan('{"a":"4111 1111 1111 1\\u0031\\u00311"}')
    expect(text).toBe('{"a":"***************1\\u0031\\u00311"}')
  })
})

describe('an answer that is meant to be JSON', () => {
  it.each([
    [CARD, '"[CREDIT_CARD]"'],
    [`"card ${CARD}"`, '"card [CREDIT_CARD]"'],
    [`Sorry, card ${CARD}`, 'Sorry, card [CREDIT_CARD]'],
  ])('is JSON even without brackets: %s', (text, expected) => {
    expect(shown(text, { format: 'json' })).toBe(expected)
  })

  it('may be of any channel', () => {
    expect(shown(`[${CARD}]`, { format: 'json', channel: 'refusal' })).toBe('["[CREDIT_CARD]"]')
    expect(shown(`[${CARD}]`, { channel: 'refusal' })).toBe('[[CREDIT_CARD]]')
  })

  it('is refused under another name', () => {
    expect(() => strict.open({ direction: 'output', format: 'xml' as 'json' })).toThrow('format')
  })
})
