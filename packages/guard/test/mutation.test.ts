// Law 10: every rule that holds text back, and every rule that decides what a hold was for, is needed. Each is taken
// out of a copy of the built package, and a text must show the difference. A rule that could go unnoticed is a defect.
// What is done for speed alone must make no difference: so copies that do without the shared automaton.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import type * as Guard from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const built = join(root, 'packages/guard/dist')
const scratch = join(root, 'node_modules/.cache', `guard-mutants-${process.pid}`)

/** A change to one file of the package. */
interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

interface Mutant extends Edit {
  readonly rule: string
}

/** Every stream goes on with a run for each start, ... */
const START_BY_START: Edit = {
  file: 'matcher/dfa-threads.js',
  from: 'const MAX_BUILT = 800;',
  to: 'const MAX_BUILT = 0;',
}
/** ... or, after one more symbol, with each thread by itself. */
const THREAD_BY_THREAD: Edit = {
  file: 'matcher/dfa-per-start.js',
  from: 'const MAX_BUILT = 3000;',
  to: 'const MAX_BUILT = -1;',
}

const MUTANTS: readonly Mutant[] = [
  {
    rule: 'text waits while a thread is alive that started in it',
    file: 'scanner.js',
    from: 'count > 0 ? (starts[0] ?? now) : now',
    to: 'now',
  },
  {
    rule: 'text waits while it can be the beginning of a term',
    file: 'scanner.js',
    from: 'watermark = Math.min(watermark, this.#terms.earliestUndecided(now));',
    to: ';',
  },
  {
    rule: 'punctuation behind an open-ended match waits for what follows',
    file: 'scanner.js',
    from: 'watermark = Math.min(watermark, this.matches.earliestUndecided(now));',
    to: ';',
  },
  {
    rule: 'half a surrogate pair or escape sequence waits for the other half',
    file: 'scanner.js',
    from: 'to -= unfinishedUnits(held.text);',
    to: ';',
  },
  {
    rule: 'the starts of the groups that survive move up',
    file: 'matcher/dfa-threads.js',
    from: 'this.starts[i] = this.starts[keep[i] ?? 0] ?? 0;',
    to: ';',
  },
  {
    rule: 'an allowed text is no finding',
    file: 'matches.js',
    from: 'this.#resolver.drop((known) => known.start < watermark && this.#allowed.contain(known));',
    to: ';',
  },
  {
    rule: 'no allowed text contains a match that is cut',
    file: 'allowed-spans.js',
    from: 'if (isCut)',
    to: 'if (false)',
  },
  {
    rule: 'a block waits while an allow-list may still cover it',
    file: 'matches.js',
    from: 'this.#program.revocable.has(rule)',
    to: 'false',
  },
  {
    rule: 'when arithmetic refuses the earliest start, the other threads are asked',
    file: 'judge.js',
    from: 'for (let i = 1; i < groups.length; i += 1) {',
    to: 'for (let i = 1; i < 1; i += 1) {',
  },
  {
    rule: 'when arithmetic refuses the earliest start, starts that had met it are traced',
    file: 'judge.js',
    from: 'if (earliest <= met)',
    to: 'if (false)',
  },
  {
    rule: 'no character is cut where maxSpan ends',
    file: 'held-text.js',
    from: 'boundaryBefore(this.text, at - this.base)',
    to: 'at - this.base',
  },
  {
    rule: 'nothing that is more than maxSpan long is held in whole',
    file: 'scanner.js',
    from: 'Math.max(watermark, this.#held.back(maxSpan), this.#held.base)',
    to: 'Math.max(watermark, this.#held.base)',
  },
  {
    rule: 'a flood of characters that count as nothing ends a text',
    file: 'program.js',
    from: 'floodLength: Math.min(FLOOD_LENGTH, maxSpan >> 2),',
    to: 'floodLength: maxSpan * 2,',
  },
]

/** Texts for which some rule matters; each is pushed at every cut. */
const TEXTS = [
  'Mail jo.doe@example.org, card 4111 1111 1111 1111.',
  '1111 4111 1111 1111 1111 and 1 541-714-1388 x',
  'an exploit, by pass; expl oit',
  'see https://example.org/a.b).c, https://x.org!? or https://ok.org/a.b',
  'abcd abax',
  '𝟜𝟙𝟙𝟙111111111111 😀',
  'write to ok@example.org or no@example.org',
  '12 12 12 34 567',
  `${'a'.repeat(60)}@b.co`,
  `${'a'.repeat(40)}react@18.2.0-rc.next`,
  `${'a'.repeat(10)}${'aab\u{e0041}'.repeat(20)}`,
  `123-45-6789${'\u200b'.repeat(60)} x`,
]

type Engine = Pick<typeof Guard, 'compilePolicy'> & { readonly tracing: () => string }

let copies = 0

/** The built package with some edits. */
async function load(edits: readonly Edit[]): Promise<Engine> {
  copies += 1
  const place = join(scratch, String(copies))
  mkdirSync(place, { recursive: true })
  cpSync(built, place, { recursive: true })
  writeFileSync(join(place, 'package.json'), '{"type":"module"}')
  for (const { file, from, to } of edits) {
    const path = join(place, file)
    const source = readFileSync(path, 'utf8')
    expect(source.split(from), `${file} has "${from}" once`).toHaveLength(2)
    writeFileSync(path, source.replace(from, to))
  }
  return engineAt((file) => import(pathToFileURL(join(place, `${file}.js`)).href))
}

/**
 * No recognizer has a check on a pattern with a loop in which threads meet, so a program is made that has: in `aaab` the
 * second start has met the first, and the third, which ends with the other half of the pattern, has not.
 */
async function engineAt(module: (file: string) => Promise<unknown>): Promise<Engine> {
  const { compilePolicy } = (await module('index')) as typeof Guard
  const { readRule } = (await module('rule-reader')) as typeof import('../src/rule-reader.ts')
  const { compileProgram } = (await module('program')) as typeof import('../src/program.ts')
  const { TextStream } = (await module('stream')) as typeof import('../src/stream.ts')
  const definition = { pattern: 'a+b|[xa]b', name: 'A', action: { kind: 'redact' } } as const
  const { rule, detectors } = readRule(definition, { index: 0, threshold: 0, detectable: [] })
  const isShort = (value: string) => (value.length <= 3 ? 1 : 0)
  const program = compileProgram({
    detectors: detectors.map((detector) => ({ ...detector, check: isShort })),
    rules: [rule],
    spanRules: [],
    termLists: [],
    allowed: [],
    maxSpan: 320,
  })
  return {
    compilePolicy,
    tracing: () => {
      const stream = new TextStream(program)
      return stream.push('aaab').text + stream.end().text
    },
  }
}

/** Everything that can be seen of an engine: each policy on each text, at every cut. */
function behaviour({ compilePolicy, tracing }: Engine): string {
  const policies = [
    compilePolicy({ extends: 'strict', maxSpan: 48 }),
    compilePolicy({
      allow: ['ok@example.org', 'https://ok.org/a'],
      rules: [
        { entity: 'URL', action: { kind: 'redact' } },
        { terms: ['exploit', 'by pass'], category: 'deny', action: { kind: 'replace', with: '#' } },
        { entity: 'EMAIL_ADDRESS', action: { kind: 'redact' } },
        { entity: 'PHONE_NUMBER', threshold: 0.2, action: { kind: 'redact' } },
      ],
    }),
    compilePolicy({ rules: [{ pattern: 'abax|bcd', name: 'TWO', action: { kind: 'redact' } }] }),
    compilePolicy({
      allow: ['ok@example.org'],
      rules: [{ pattern: '\\w+@example', name: 'A', action: { kind: 'block' } }],
    }),
  ]
  const seen = policies.flatMap((policy) =>
    TEXTS.flatMap((text) => {
      const lists = [everyCut(text), ...everyCut(text).map((cut) => [cut])]
      return lists.map((cuts) => {
        const { text: shown, findings, steps } = pushed(policy, text, { cuts })
        return [
          shown,
          findings,
          Math.max(...steps.map((step) => step.held)) > 50,
          steps.some((step) => /[\ud800-\udbff]$/.test(step.text)),
        ]
      })
    }),
  )
  return JSON.stringify([seen, tracing()])
}

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

let untouched: Promise<string> | undefined

/** What the package does as it is. */
function expected(): Promise<string> {
  untouched ??= load([]).then(behaviour)
  return untouched
}

it('sees no difference in an untouched copy', async () => {
  const sources = await engineAt((file) => import(`../src/${file}.ts`))
  expect(sources.tracing()).toBe('a[A]')
  expect(await expected()).toBe(behaviour(sources))
})

it.each([
  ['start by start', [START_BY_START]],
  ['thread by thread', [START_BY_START, THREAD_BY_THREAD]],
])('sees no difference if streams are followed %s', async (_name, edits) => {
  expect(behaviour(await load(edits))).toBe(await expected())
})

it.each(MUTANTS)('notices if it is no longer true that $rule', async (mutant) => {
  const engine = await load([mutant])
  let mutated: string
  try {
    mutated = behaviour(engine)
  } catch (error) {
    mutated = String(error)
  }
  expect(mutated).not.toBe(await expected())
})

it('notices if a run forgets where it started', async () => {
  const forgets = { file: 'matcher/dfa-per-start.js', from: 'this.starts[place] = start;', to: ';' }
  expect(behaviour(await load([START_BY_START, forgets]))).not.toBe(await expected())
})
