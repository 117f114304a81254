// The guard's benchmark of its engine: speed, hold, growth, memory. Every case knows how many findings are right and fails
// if it gets others, so that a wrong engine cannot win. Writes results/guard-<what>.json and results/guard.md.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compilePolicy } from '@sluice/guard'
import { describeMachine } from '../rig/machine.mjs'
import { bundleSize } from './bundle-size.mjs'
import {
  adversarial,
  inBlocks,
  inDeltas,
  inventedTerms,
  prose,
  proseWithValues,
} from './corpus.mjs'
import { guardEngine, RIVALS } from './engines.mjs'
import { holdFigures, round, runThrough, throughput } from './measure.mjs'
import { evaluate } from './pii-dataset.mjs'
import { report } from './report.mjs'

const LENGTH = 1_000_000
const QUICK_LENGTH = 200_000
/** @type {import('@sluice/guard').Action} */
const redact = { kind: 'redact' }
/** @type {(...entities: string[]) => import('@sluice/guard').EntityRule[]} */
const entityRules = (...entities) => entities.map((entity) => ({ entity, action: redact }))
const terms = inventedTerms(5000)

const ENGINES = {
  'all entities': compilePolicy('strict'),
  'policy standard': compilePolicy('standard'),
  'all entities and 5,000 terms': compilePolicy({
    extends: 'strict',
    rules: [{ terms, category: 'deny', action: redact }],
  }),
  'card, SSN and phone': compilePolicy({
    rules: entityRules('CREDIT_CARD', 'US_SSN', 'PHONE_NUMBER'),
  }),
  'policy seed': compilePolicy('seed'),
}

/** @param {string} what @param {unknown} actual @param {unknown} expected */
function expectEqual(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`)
}

/** Throughput and hold on clean prose and on prose with values, for several policies. @param {number} length */
function onProse(length) {
  const clean = inDeltas(prose(length))
  const { text, planted } = proseWithValues(length)
  return Object.entries(ENGINES).map(([name, policy]) => {
    const engine = guardEngine(name, policy)
    const { findings, holds } = runThrough(engine, clean)
    expectEqual(`${name}: findings in clean prose`, findings, 0)
    const row = {
      policy: name,
      cleanProse: throughput(engine, clean),
      cleanProseInBlocks: throughput(engine, inBlocks(prose(length))),
      hold: holdFigures(holds),
    }
    if (name === 'policy seed' || name.startsWith('card')) return row
    expectEqual(`${name}: findings`, runThrough(engine, inDeltas(text)).findings, planted.length)
    return { ...row, proseWithValues: throughput(engine, inDeltas(text)) }
  })
}

/** Time over 1, 2, 4 and 8 times the text, for each text that is made to hurt. @param {number} length */
function onAdversarial(length) {
  const engine = guardEngine('all entities', ENGINES['all entities'])
  const unit = length / 8
  const sizes = [1, 2, 4, 8]
  const texts = sizes.map((size) => adversarial(unit * size))
  return Object.keys(adversarial(1)).map((name) => {
    const [one, two, four, eight] = texts.map((text) => {
      return throughput(engine, inDeltas(text[name] ?? ''), 5).microseconds
    })
    return {
      text: name,
      megabytesPerSecond: round((unit * 8) / Number(eight)),
      timeOfOneTwoFourEightMs: [one, two, four, eight].map((cost) => round(Number(cost) / 1000)),
      lastDoubling: round(Number(eight) / Number(four)),
    }
  })
}

/** Many short streams of one policy, none of whose texts has come before: what each builds, the others do not need. @param {number} length */
function onCrowds(length) {
  const text = adversarial(length)['random digits and separators'] ?? ''
  return [500, 1000, 4000, 16_000].map((characters) => {
    const policy = compilePolicy('strict')
    let at = 0
    const crowd = {
      name: 'a crowd',
      open: () => policy.open({ direction: 'output' }),
    }
    const pieces = Array.from({ length: Math.floor(length / characters) }, () => {
      at += characters
      return inDeltas(text.slice(at - characters, at))
    })
    const before = process.cpuUsage()
    for (const deltas of pieces) runThrough(crowd, deltas)
    const { user, system } = process.cpuUsage(before)
    return { characters, megabytesPerSecond: round(at / (user + system)) }
  })
}

/** Throughput over a growing number of terms and of entities. @param {number} length */
function growth(length) {
  const deltas = inDeltas(prose(length / 4))
  const byTerms = [0, 1000, 2000, 4000, 8000].map((count) => {
    /** @type {import('@sluice/guard').TermsRule[]} */
    const rules =
      count === 0 ? [] : [{ terms: inventedTerms(count), category: 'deny', action: redact }]
    const began = performance.now()
    const policy = compilePolicy({ rules: [...entityRules('US_SSN'), ...rules] })
    const compileMs = round(performance.now() - began)
    return { terms: count, compileMs, ...throughput(guardEngine('terms', policy), deltas) }
  })
  const known = [
    'US_SSN',
    'CREDIT_CARD',
    'EMAIL_ADDRESS',
    'IBAN_CODE',
    'PHONE_NUMBER',
    'IP_ADDRESS',
    'URL',
    'JWT',
  ]
  const byEntities = [1, 2, 4, 8].map((count) => {
    const policy = compilePolicy({ rules: entityRules(...known.slice(0, count)) })
    return { entities: count, ...throughput(guardEngine('entities', policy), deltas) }
  })
  return { byTerms, byEntities }
}

/** The same text through each rival: what leaks, what waits, what it costs. @param {number} length */
function againstRivals(length) {
  const { text, planted } = proseWithValues(length / 5)
  const deltas = inDeltas(text)
  return RIVALS.map((engine) => {
    const { text: shown, holds } = runThrough(engine, deltas)
    const leaked = countLeaks(shown, planted)
    if (engine.name.startsWith('Sluice')) expectEqual(`${engine.name}: leaks`, leaked, 0)
    return {
      engine: engine.name,
      planted: planted.length,
      leaked,
      hold: holdFigures(holds),
      ...throughput(engine, deltas, 3),
    }
  })
}

/**
 * How many planted values can be read in what was shown, each occurrence once.
 * @param {string} shown
 * @param {readonly string[]} planted
 */
function countLeaks(shown, planted) {
  return [...new Set(planted)].reduce((sum, value) => sum + shown.split(value).length - 1, 0)
}

/** The quickest of several fresh processes. */
function compileCosts() {
  const script = fileURLToPath(new URL('./compile-cost.mjs', import.meta.url))
  const runs = Array.from({ length: 7 }, () => {
    const input = proseWithValues(200_000).text
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', script], { input })
    return JSON.parse(String(stdout))
  })
  /** @param {string} key */
  const least = (key) => round(Math.min(...runs.map((run) => run[key])))
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, least(key)]))
}

/** Measures, prints the table, and writes the results. @param {{ quick: boolean, pii?: string | undefined, command: string }} options */
export async function measureEngine({ quick, pii: file, command }) {
  const length = quick ? QUICK_LENGTH : LENGTH
  const results = {
    machine: { ...describeMachine(false), date: new Date().toISOString().slice(0, 10) },
    command,
    prose: onProse(length),
    adversarial: onAdversarial(length),
    crowds: onCrowds(length),
    growth: growth(length),
    rivals: againstRivals(length),
    cost: { ...compileCosts(), bundle: await bundleSize() },
  }
  const place = new URL('../results/', import.meta.url)
  mkdirSync(place, { recursive: true })
  /** @type {(name: string, text: string) => void} */
  const write = (name, text) => writeFileSync(new URL(name, place), text)
  write('guard-engine.json', `${JSON.stringify(results, null, 2)}\n`)
  const pii = file === undefined ? undefined : evaluate(file)
  if (pii !== undefined) write('guard-pii.json', `${JSON.stringify(pii, null, 2)}\n`)
  const table = report(results, pii)
  if (pii !== undefined) write('guard.md', table)
  console.log(table)
}
