// `npm run bench:restoring`: what a delta of an answer costs more when values come back in it, beside the guard alone, and
// what is held back for that. Both run in turn over the same deltas; processor time, best and median of the rounds.
import { compilePolicy, Pseudonyms } from '@sluice/guard'
import { commandLine } from '../command-line.mjs'

commandLine({
  usage: 'npm run bench:restoring --',
  about: 'What a delta costs more when values come back in it, and what is held back for that.',
  options: {},
})

const ROUNDS = 31
const DELTAS = 20_000
/** Characters of a delta. */
const DELTA = 4
const SENTENCE = 'The order has been sent and should be there by Monday, as it was agreed. '

const policy = compilePolicy('private')

/** @param {number} values in the request */
function pseudonymsOf(values) {
  const pseudonyms = new Pseudonyms({ key: new Uint8Array(32), scope: 'bench' })
  const names = Array.from({ length: values }, (_, i) => {
    const entity = i % 2 === 0 ? 'EMAIL_ADDRESS' : 'PHONE_NUMBER'
    return pseudonyms.standInOf(entity, `value ${i} of many`) ?? ''
  })
  return { pseudonyms, names }
}

/**
 * @param {readonly string[]} names stand-ins, one after each so many sentences
 * @param {number} sentences 0: none at all
 */
function deltasOf(names, sentences) {
  let text = ''
  for (let i = 0; text.length < DELTAS * DELTA; i += 1) {
    text += SENTENCE
    if (sentences > 0 && i % sentences === 0)
      text += `Ask ${names[(i / sentences) % names.length]}. `
  }
  return Array.from({ length: DELTAS }, (_, i) => text.slice(i * DELTA, (i + 1) * DELTA))
}

/**
 * Microseconds of processor time, and characters held, a delta.
 * @param {readonly string[]} deltas
 * @param {import('@sluice/guard').Pseudonyms} [pseudonyms]
 */
function run(deltas, pseudonyms) {
  const stream = policy.open({ direction: 'output', pseudonyms })
  let held = 0
  const before = process.cpuUsage()
  for (const delta of deltas) held += stream.push(delta).held
  stream.end()
  const { user, system } = process.cpuUsage(before)
  return { micros: (user + system) / deltas.length, held: held / deltas.length }
}

/** @param {number[]} values */
function sorted(values) {
  return [...values].sort((a, b) => a - b)
}

/** @param {number} value */
const two = (value) => value.toFixed(2)

/** @type {[string, number, number][]} */
const CASES = [
  ['10 values, none in the answer', 10, 0],
  ['10 values, one every 150 characters', 10, 2],
  ['10 values, one every 80 characters', 10, 1],
  ['4,000 values, one every 150 characters', 4_000, 2],
]
const rows = CASES.map(([name, values, sentences]) => {
  const { pseudonyms, names } = pseudonymsOf(values)
  const deltas = deltasOf(names, sentences)
  const alone = []
  const more = []
  let held = [0, 0]
  for (let round = 0; round <= ROUNDS; round += 1) {
    const guard = run(deltas)
    const restoring = run(deltas, pseudonyms)
    if (round === 0) continue
    alone.push(guard.micros)
    more.push(restoring.micros - guard.micros)
    held = [guard.held, restoring.held]
  }
  const cost = sorted(more)
  return {
    case: name,
    'guard, µs a delta': two(sorted(alone)[ROUNDS >> 1] ?? 0),
    'restoring on top, median': two(cost[ROUNDS >> 1] ?? 0),
    best: two(cost[0] ?? 0),
    'held by the guard alone, and with it': held.map(two).join(' / '),
  }
})
console.table(rows)
