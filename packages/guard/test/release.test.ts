// Letting go of a text that another one follows, while it may still go on: the channels of an answer.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy, type OpenOptions, type StreamResult } from '../src/index.ts'
import { cutLists, floodedTexts, texts } from './support/split.ts'

const strict = compilePolicy('strict')
const policies = [
  strict,
  compilePolicy({ extends: 'strict', maxSpan: 32 }),
  compilePolicy({
    extends: 'strict',
    allow: ['jo.doe@example.org', 'a@a.aa'],
    rules: [
      { entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } },
      { entity: 'URL', action: { kind: 'block' } },
      { terms: ['exploit', 'by pass'], category: 'deny', action: { kind: 'replace', with: '#' } },
    ],
  }),
]

/** What came of runs of text with a release after each, every run pushed in pieces. */
function released(
  policy: typeof strict,
  runs: readonly string[],
  { cuts = [], ...options }: Partial<OpenOptions> & { cuts?: readonly number[] } = {},
) {
  const stream = policy.open({ direction: 'output', ...options })
  const results: StreamResult[] = []
  const shownByRun: string[] = []
  for (const run of runs) {
    const first = results.length
    const inside = cuts.filter((cut) => cut < run.length)
    const places = [...new Set([0, ...inside, run.length])].sort((a, b) => a - b)
    places.slice(1).forEach((to, i) => {
      results.push(stream.push(run.slice(places[i], to)))
    })
    results.push(stream.release())
    shownByRun.push(
      results
        .slice(first)
        .map((result) => result.text)
        .join(''),
    )
  }
  results.push(stream.end())
  return {
    shownByRun,
    text: results.map((result) => result.text).join(''),
    // An open-ended match is reported once it has ended, so later than what was found meanwhile.
    findings: results.flatMap((result) => result.findings).sort((a, b) => a.end - b.end),
    blocked: results.find((result) => result.blocked !== undefined)?.blocked,
  }
}

describe('a release', () => {
  it.each([
    [['I will call.'], ['I will call.']],
    [['card 4111 1111 1111 1111'], ['card [CREDIT_CARD]']],
    [['mail jo@example.org'], ['mail [EMAIL_ADDRESS]']],
    [
      ['4111 1111 ', '1111 1111 x'],
      ['4111 1111 ', '[CREDIT_CARD] x'],
    ],
    [
      ['jo.doe', '@example.org and'],
      ['jo.doe', '[EMAIL_ADDRESS] and'],
    ],
    [
      ['the ssn', ' is 078051120'],
      ['the ssn', ' is [US_SSN]'],
    ],
    [
      ['see https://example.org/a.', 'b?c d'],
      ['see [URL].', ' d'],
    ],
    [
      ['a\ud83d', '\ude00b'],
      ['a\ud83d', '\ude00b'],
    ],
  ])(
    'lets go of everything, and a value that goes on is concealed from there: %j',
    (runs, shown) => {
      expect(released(strict, runs).shownByRun).toEqual(shown)
    },
  )

  it('of JSON keeps it valid, and waits for the end of a number', () => {
    const runs = ['{"a":"jo@example.org', '","b":41111111', '11111111', '}']
    const { text } = released(strict, runs)
    expect(JSON.parse(text)).toEqual({ a: '[EMAIL_ADDRESS]', b: '[CREDIT_CARD]' })
  })

  it('makes no difference to a text that does not go on', () => {
    fc.assert(
      fc.property(fc.oneof(texts, floodedTexts), fc.constantFrom(...policies), (text, policy) => {
        const { text: shown, findings, blocked } = released(policy, [text])
        const whole = policy.scan(text)
        const inOrder = [...whole.findings].sort((a, b) => a.end - b.end)
        expect({ shown, blocked }).toEqual({ shown: whole.text, blocked: whole.blocked })
        expect(findings).toEqual(inOrder)
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same wherever the runs are cut', () => {
    const runs = fc.array(fc.oneof(texts, floodedTexts), { minLength: 1, maxLength: 4 })
    const options = fc.constantFrom({}, { format: 'json' }, { channel: 'tool_arguments' } as const)
    fc.assert(
      fc.property(
        fc.record({ runs, cuts: cutLists }),
        fc.constantFrom(...policies),
        options as fc.Arbitrary<Partial<OpenOptions>>,
        ({ runs: some, cuts }, policy, where) => {
          expect(released(policy, some, { cuts, ...where })).toEqual(released(policy, some, where))
        },
      ),
      { numRuns: 400 },
    )
  })

  it('leaves nothing held', () => {
    const stream = strict.open({ direction: 'output' })
    stream.push('mail jo.doe@exam')
    expect(stream.release()).toEqual({ text: 'jo.doe@exam', findings: [], held: 0 })
    expect(stream.push('x ').held).toBe(0)
  })
})
