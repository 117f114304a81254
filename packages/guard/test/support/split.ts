// Pushing a text in pieces, and what came of it, for all tests of the engine.
import fc from 'fast-check'
import type { Finding, OpenOptions, Policy } from '../../src/index.ts'
import { EXAMPLE_TEXTS } from './examples.ts'

export interface Outcome {
  readonly text: string
  readonly findings: readonly Finding[]
  readonly blocked: unknown
  /** What each push emitted and how much it held back; the last one is of `end`. */
  readonly steps: readonly { readonly text: string; readonly held: number; readonly seen: number }[]
}

/** Pushes the text in pieces that end at the given offsets (those beyond its end do not count). */
export function pushed(
  policy: Policy,
  text: string,
  { cuts, ...options }: Partial<OpenOptions> & { readonly cuts: readonly number[] },
): Outcome {
  const stream = policy.open({ direction: 'output', ...options })
  const inside = cuts.filter((cut) => cut < text.length)
  const places = [...new Set([0, ...inside, text.length])].sort((a, b) => a - b)
  const results = places
    .slice(1)
    .map((to, i) => ({ ...stream.push(text.slice(places[i], to)), seen: to }))
  const all = [...results, { ...stream.end(), seen: text.length }]
  return {
    text: all.map((result) => result.text).join(''),
    findings: all.flatMap((result) => result.findings),
    blocked: all.find((result) => result.blocked !== undefined)?.blocked,
    steps: all.map((result) => ({ text: result.text, held: result.held, seen: result.seen })),
  }
}

/** Cuts after every character. */
export function everyCut(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => i)
}

/** Texts that come near to matches: parts of real values, separators, what folds, what disturbs. */
const PARTS: readonly string[] = [
  ...[
    'MIIBVQIBADANBgkqhkiG9w0BAQEF',
    'x8Ww2kJ0hQvY5s9d',
    '\nc9RkHq==\n',
    '-----END RSA PRIVATE KEY-----',
    '", "',
  ],
  ...[
    '\\n',
    '\\\\t',
    '\\u0034',
    '\\u00',
    '\\x2',
    '\\',
    '\\\\',
    '\\"',
    '\\/',
    '%20',
    '%2',
    '%',
    'u',
    '\\ud835',
  ],
  ...[
    '\\ud835\\udfdc',
    '\\\\\\\\udfdc',
    '\\'.repeat(9),
    'Key',
    'x_',
    '\u0007',
    '\u{1e950}',
    '\u{e0100}',
    '\u20dd',
  ],
  ...[
    '4111 1111 1111 1111',
    '4111111111111111',
    '1111 4111 1111 1111 1111',
    '4111-1111',
    '1111',
    '14',
  ],
  ...['123-45-6789', '078051120', '666-12-1234', '123', '45', '6789', '000', '9', '0'],
  ...['jo.doe@example.org', 'a@a.a', 'a@a.aa', '@', 'b.co', 'co.uk', 'xn--p1ai', '_', '%'],
  ...[
    'GB33BUKB20201555555555',
    'gb33 bukb 2020 1555 5555 55',
    'GB',
    '33',
    'DE89370400440532013000',
  ],
  ...[
    '+46 (0)8 928 571 38',
    '541-714-1388',
    '(212) 555-0123',
    '07700 063 966',
    '+',
    '(',
    ')',
    'x12',
  ],
  ...['192.168.0.1', '1.2', '::1', 'fe80::', '2001:db8:0:0:0:0:0:1', ':', 'ab', 'f'],
  ...['https://x.org/a?b=c', 'http://', 'ftp://q', '/', '?', '!', ').'],
  ...['943 476 5919', '2/8/1935', '12 March 1980', 'May 3, 1999', '1999-12-31'],
  ...[
    'AKIAIOSFODNN7EXAMPLE',
    'AKIA',
    'eyJhbGciOiJI.eyJzdWIi.x-_',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----',
  ],
  ...[
    'MIIB',
    '\n',
    '-----END PRIVATE KEY-----',
    '-----',
    'ssn',
    'born',
    'phone',
    'nhs',
    'card',
    'order',
    'number ',
    '电话',
    'the',
  ],
  ...[
    ' ',
    '  ',
    '-',
    '.',
    ',',
    '\u200b',
    '\u00ad',
    '１',
    '٣',
    '＠',
    '．',
    '\u2011',
    '\u00a0',
    'é',
    '中',
  ],
  ...[
    '😀',
    '\ud83d',
    '\ude00',
    '𝟜',
    '\u{e0041}',
    '\u0301',
    'exploit',
    'expl',
    'oit',
    'by pass',
    'BYPASS',
  ],
]

/** What counts as nothing, in runs that end a text under some policies, under all, and that are longer than any hold. */
const FLOODS: readonly string[] = [
  ...[7, 8, 31, 32, 33, 330].map((length) => '\u200b'.repeat(length)),
  ...[4, 16, 170].map((length) => '\u{e0041}'.repeat(length)),
  '\u0301\u00ad'.repeat(16),
]

/** The entities' own examples, whole and broken off. */
const examples: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...EXAMPLE_TEXTS),
  fc
    .tuple(fc.constantFrom(...EXAMPLE_TEXTS), fc.nat(40))
    .map(([example, length]) => example.slice(0, length)),
)

function textsOf(parts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(parts, { maxLength: 14 }).map((some) => some.join(''))
}

/** Texts in which nothing counts as nothing for long. */
export const texts: fc.Arbitrary<string> = textsOf(
  fc.oneof({ arbitrary: fc.constantFrom(...PARTS), weight: 2 }, { arbitrary: examples, weight: 1 }),
)

const FLOODED = [
  'exploit',
  'by pass',
  'jo.doe@example.org1.a',
  '123-45-6789',
  '4111 1111 1111 1111',
]

/** Such texts around a value with a flood in it or behind it. */
export const floodedTexts: fc.Arbitrary<string> = fc
  .tuple(texts, fc.constantFrom(...FLOODED), fc.nat(25), fc.constantFrom(...FLOODS), texts)
  .map(([before, value, at, flood, after]) =>
    [before, value.slice(0, at), flood, value.slice(at), after].join(''),
  )

const MAX_CUT = 900

export const cutLists: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat(160), { maxLength: 12 }),
  fc.array(fc.nat(MAX_CUT), { maxLength: 12 }),
  fc.constant(Array.from({ length: MAX_CUT }, (_, i) => i)),
)
