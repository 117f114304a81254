// What the built-in policies do with random values: which share of harmless texts they alter, and which share of personal
// values they find whole, half or not at all.
import { compilePolicy } from '@sluice/guard'
import { createRandom } from '../random.mjs'
import { HARMLESS } from './harmless.mjs'
import { PERSONAL } from './personal.mjs'

/** @typedef {import('@sluice/guard').Policy} Policy */
/** @typedef {import('@sluice/guard').Finding} Finding */

const SEED = 20_261_127
/** One text in so many is also pushed in random deltas. */
const SPLIT_EVERY = 8

const POLICIES = /** @type {const} */ (['standard', 'strict'])

/** @param {number} samples of each kind */
export function measureRates(samples) {
  return {
    seed: SEED,
    samples,
    harmless: HARMLESS.map((kind) => harmlessRow(kind, samples)),
    personal: PERSONAL.map((kind) => personalRow(kind, samples)),
  }
}

/** Texts of every kind for a comparison: harmless ones, and personal ones with their values. @param {number} samples of each kind */
export function sampleTexts(samples) {
  return {
    harmless: HARMLESS.flatMap(({ make }) => {
      const random = createRandom(SEED)
      return Array.from({ length: samples }, () => ({ text: make(random), values: [] }))
    }),
    personal: PERSONAL.flatMap(({ make, entity }) => {
      const random = createRandom(SEED)
      return Array.from({ length: samples }, () => {
        const { text, value } = make(random)
        return { text, values: [{ entity, value }] }
      })
    }),
  }
}

/** @param {import('./harmless.mjs').HarmlessKind} kind @param {number} samples */
function harmlessRow({ kind, make, ...targets }, samples) {
  const [standard, strict] = POLICIES.map((name) => {
    const policy = compilePolicy(name)
    const random = createRandom(SEED)
    let altered = 0
    for (let i = 0; i < samples; i += 1) {
      const { findings } = guarded(policy, make(random), i)
      if (findings.length > 0) altered += 1
    }
    return altered / samples
  })
  return { kind, standard, strict, targets }
}

/** @param {import('./personal.mjs').PersonalKind} kind @param {number} samples */
function personalRow({ kind, entity, make, ...targets }, samples) {
  const [standard, strict] = POLICIES.map((name) => {
    const policy = compilePolicy(name)
    const random = createRandom(SEED)
    const counts = { whole: 0, half: 0, shown: 0, asThisEntity: 0 }
    for (let i = 0; i < samples; i += 1) {
      const sample = make(random)
      const { findings } = guarded(policy, sample.text, i)
      const start = sample.text.indexOf(sample.value)
      const value = { start, end: start + sample.value.length }
      counts[concealment(sample.text, value, findings)] += 1
      if (findings.some((f) => f.entity === entity && overlaps(f, value))) counts.asThisEntity += 1
    }
    return Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, count / samples]),
    )
  })
  return { kind, entity, standard, strict, targets }
}

/** @typedef {{ start: number, end: number }} Span */

/** @param {Span} a @param {Span} b */
export function overlaps(a, b) {
  return a.start < b.end && b.start < a.end
}

/**
 * Whether all letters and digits of a value are concealed, some, or none.
 * @param {string} text @param {Span} value @param {readonly Span[]} spans
 * @returns {'whole' | 'half' | 'shown'}
 */
export function concealment(text, value, spans) {
  let concealed = 0
  let shown = 0
  for (let at = value.start; at < value.end; at += 1) {
    if (!/[\p{L}\p{N}]/u.test(text[at] ?? '')) continue
    if (spans.some(({ start, end }) => start <= at && at < end)) concealed += 1
    else shown += 1
  }
  if (shown === 0) return 'whole'
  return concealed === 0 ? 'shown' : 'half'
}

/** The result of a text; some are pushed in random deltas as well, and must not differ. @param {Policy} policy @param {string} text @param {number} i */
function guarded(policy, text, i) {
  const whole = policy.scan(text)
  if (i % SPLIT_EVERY !== 0) return whole
  const random = createRandom(SEED + i)
  const stream = policy.open({ direction: 'output' })
  const results = []
  for (let at = 0; at < text.length; ) {
    const size = 1 + random(7)
    results.push(stream.push(text.slice(at, at + size)))
    at += size
  }
  results.push(stream.end())
  const shown = results.map((result) => result.text).join('')
  const findings = results.flatMap((result) => result.findings)
  if (shown !== whole.text || JSON.stringify(findings) !== JSON.stringify(whole.findings))
    throw new Error(`policy ${policy.name} depends on where text ${i} is cut`)
  return whole
}
