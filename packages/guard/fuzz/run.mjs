// The laws at length: random texts, random cuts, compared with the uncut text, until a number of splits is reached.
// Usage: node fuzz/run.mjs [--splits 1000000] [--seed 1]. Needs a build. Exits with 1 at the first difference.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compilePolicy } from '../dist/index.js'

const { values } = parseArgs({
  options: {
    splits: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(`Usage: npm run fuzz -w packages/guard -- [options]

The guard's laws over random texts and cuts, compared with the uncut text; ends at the first difference.

  --splits N  how many cuts (default 1000000)
  --seed N    of all that is random (default 1)
  --help      this text
`)
  process.exit(0)
}
const wanted = Number(values.splits)
const seed = Number(values.seed)

/** xorshift32: the same numbers for the same seed on every machine. */
function createRandom(start) {
  let state = start | 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

const PARTS = [
  ...[
    '\\n',
    '\\\\t',
    '\\u0034',
    '\\u00',
    '\\x2',
    '\\',
    '\\\\',
    '%20',
    '%',
    '\\ud835\\udfdc',
    '\\ud835',
    'Key',
    '_',
  ],
  ...[
    'MIIBVQIBADANBgkqhkiG9w0BAQEF',
    'x8Ww2kJ0hQvY5s9d',
    '\nc9RkHq==\n',
    '", "',
    '\u0007',
    '\u{1e950}',
    '\u20dd',
  ],
  ...[
    '4111 1111 1111 1111',
    '1111 4111 1111 1111 1111',
    '4111-1111',
    '1111',
    '14',
    '0',
    '9',
    '12',
    '345',
  ],
  ...['123-45-6789', '078051120', 'jo.doe@example.org', 'a@a.a', 'a@a.', '@', '.', 'co', 'b.co.uk'],
  ...['GB33BUKB20201555555555', 'GB33 BUKB 2020 ', 'GB12 ', '+46 (0)8 928 571 38', '541-714-1388'],
  ...[
    '192.168.0.1',
    '1.1.',
    '::1',
    'ab:',
    'https://x.org/a?b',
    'http://',
    '/',
    '!',
    ').',
    '943 476 5919',
  ],
  ...['2/8/1935', '12 March 1980', 'AKIAIOSFODNN7EXAMPLE', 'eyJhbGciOiJI.eyJzdWIi.x-_', '-----'],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    'MIIB\n',
    '-----END PRIVATE KEY-----',
    'ssn ',
    'born ',
    'phone ',
  ],
  ...[' ', ' ', '-', ',', 'the ', 'word', '\u200b', '\u00ad', '１', '٣', '＠', '\u2011', 'é', '中'],
  ...[
    '😀',
    '\ud83d',
    '\ude00',
    '𝟜',
    'exploit',
    'expl',
    'oit',
    'by pass',
    'a'.repeat(50),
    '1'.repeat(30),
  ],
  // What counts as nothing, in runs that end a text and in shorter ones.
  ...['\u200b'.repeat(7), '\u200b'.repeat(31), '\u200b'.repeat(33), '\u{e0041}'.repeat(170)],
]
/** The entities' examples, which every entity has: they come as often as the parts above. */
const EXAMPLES = Object.values(
  JSON.parse(readFileSync(new URL('../test/examples.json', import.meta.url), 'utf8')),
)
  .flatMap(({ is, isAfter = [], isNot }) => [...is, ...isAfter, ...isNot])
  .map((text) => text.replace('|', ''))
const redact = { kind: 'redact' }
const POLICIES = [
  compilePolicy('seed'),
  compilePolicy('standard'),
  compilePolicy('strict'),
  compilePolicy({ extends: 'strict', maxSpan: 32 }),
  compilePolicy({
    extends: 'strict',
    allow: ['jo.doe@example.org', '192.168.0.1', 'https://x.org/a'],
    rules: [
      { entity: 'CREDIT_CARD', action: { kind: 'mask', keepLast: 4 } },
      { entity: 'US_SSN', action: { kind: 'hash', key: 'a key of at least sixteen bytes' } },
      { entity: 'PHONE_NUMBER', action: { kind: 'observe' } },
      { pattern: '\\b\\d{2,}[ -]\\d+', name: 'LOOP', action: { kind: 'mask', keepLast: 2 } },
      { terms: ['exploit', 'by pass', 'the'], category: 'words', action: redact },
      {
        terms: ['oit', 'a@'],
        match: 'substring',
        category: 'parts',
        action: { kind: 'replace', with: '' },
      },
    ],
  }),
  compilePolicy({
    extends: 'strict',
    allow: ['a@a.a', 'b.co.uk'],
    rules: [
      { entity: 'EMAIL_ADDRESS', action: { kind: 'block' } },
      { terms: ['exploit'], category: 'deny', action: { kind: 'block' } },
    ],
  }),
]

/** What JSON answers begin and go on with; every fourth text does. */
const OPENINGS = ['{"a": "', '{"a": ', '[', '["', '```json\n{"b":"', ' {"c": [']
const MARKS = ['", "', '"}', ', ', ']', '": ', '"', '}']

function textOf(random) {
  const isJson = random(4) === 0
  let text = isJson ? OPENINGS[random(OPENINGS.length)] : ''
  for (let left = 1 + random(14); left > 0; left -= 1) {
    const parts = random(2) === 0 ? PARTS : EXAMPLES
    text += parts[random(parts.length)]
    if (isJson && random(3) === 0) text += MARKS[random(MARKS.length)]
  }
  return text
}

/** What came of a text in random pieces: mostly 1 to 7 units, as models send them. */
function outcome(policy, { text, channel }, random) {
  const stream = policy.open({ direction: 'output', channel })
  const longest = 1 + random(7)
  let shown = ''
  const findings = []
  let blocked
  const take = (result) => {
    shown += result.text
    findings.push(...result.findings)
    blocked ??= result.blocked
    if (result.held > 320 + 52) throw new Error('more than maxSpan is held')
  }
  for (let at = 0; at < text.length; ) {
    const size = 1 + random(longest)
    take(stream.push(text.slice(at, at + size)))
    at += size
  }
  take(stream.end())
  return { text: shown, findings, blocked }
}

const random = createRandom(seed)
const began = process.hrtime.bigint()
let splits = 0
let texts = 0
let findings = 0
while (splits < wanted) {
  const text = textOf(random)
  const channel = random(3) === 0 ? 'tool_arguments' : 'content'
  texts += 1
  for (const policy of POLICIES) {
    const { blocked, ...whole } = policy.scan(text, { channel })
    const expected = JSON.stringify({ ...whole, blocked })
    findings += whole.findings.length
    for (let i = 0; i < 8; i += 1) {
      splits += 1
      if (JSON.stringify(outcome(policy, { text, channel }, random)) === expected) continue
      const where = `seed ${seed}, split ${splits}: a difference under ${policy.name} in ${channel}`
      process.stderr.write(`${where}\n${JSON.stringify(text)}\n`)
      process.exit(1)
    }
  }
}
const seconds = Number((process.hrtime.bigint() - began) / 1_000_000n) / 1000
const counts = `${splits} splits of ${texts} texts with ${findings} findings`
process.stdout.write(`${counts}, seed ${seed}: 0 differences (${seconds} s)\n`)
