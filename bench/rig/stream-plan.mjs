// What one mock answer is: how many deltas, at what pace, with which text. Everything follows from the model's name and
// the prompt, the two things every gateway hands on unchanged; so the client knows each byte before it arrives.

/**
 * @typedef {object} StreamPlan
 * @property {number} deltas how many text deltas the answer has
 * @property {number} paceMs mean time between two deltas; 0 is a burst
 * @property {number} seed what tells this answer from the others
 */

/** @typedef {Pick<StreamPlan, 'deltas' | 'paceMs'>} StreamShape */

const BURST = /^bench-burst-(\d{1,6})$/
const PACED = /^bench-paced-(\d{1,5})x(\d{1,6})$/
const PROMPT = /^stream (\d{1,9})$/

/**
 * Pieces as a tokenizer cuts prose: a leading space, two to nine characters, some punctuation, a few numbers, and what
 * JSON and UTF-8 have to carry with care. Nothing a policy would touch, so the text must arrive unchanged.
 */
const PIECES = [
  ...' the, of, and, to, in, that, it, was, for, on, with, as, his, they, at, be, this, from, or'.split(
    ',',
  ),
  ...' had, by, word, but, what, some, we, can, out, other, were, all, there, when, up, use'.split(
    ',',
  ),
  ...' your, how, said, each, she, which, their, time, will, way, about, many, then, them, write'.split(
    ',',
  ),
  ...' would, like, so, these, long, make, thing, see, him, two, has, look, more, day, could, go'.split(
    ',',
  ),
  ...[
    '.',
    ',',
    ':',
    ';',
    '?',
    '.\n\n',
    ' (7)',
    ' 42%',
    ' "yes"',
    ' a\\b',
    ' café',
    ' naïve',
    ' 東京',
    ' 👋',
  ],
]

/**
 * @param {StreamShape} shape
 * @returns {string} the model name that asks for it
 */
export function modelName({ deltas, paceMs }) {
  return paceMs === 0 ? `bench-burst-${deltas}` : `bench-paced-${paceMs}x${deltas}`
}

/**
 * @param {number} seed
 * @returns {string} the user message that asks for the answer with this seed
 */
export function promptFor(seed) {
  return `stream ${seed}`
}

/**
 * @param {string} model
 * @param {string} prompt
 * @returns {StreamPlan | undefined} undefined when either is not one of ours
 */
export function planOf(model, prompt) {
  const seed = PROMPT.exec(prompt)?.[1]
  const burst = BURST.exec(model)
  const paced = PACED.exec(model)
  if (seed === undefined || (!burst && !paced)) return undefined
  return {
    deltas: Number(burst?.[1] ?? paced?.[2]),
    paceMs: Number(paced?.[1] ?? 0),
    seed: Number(seed),
  }
}

/**
 * @param {StreamPlan} plan
 * @returns {Generator<string, void>} the text deltas in order
 */
export function* deltasOf({ deltas, seed }) {
  let state = seed
  for (let index = 0; index < deltas; index += 1) {
    state = nextState(state)
    yield/** @type {string} */ (PIECES[(state >>> 16) % PIECES.length])
  }
}

/**
 * @param {StreamPlan} plan
 * @returns {string} the whole answer
 */
export function textOf(plan) {
  return [...deltasOf(plan)].join('')
}

/**
 * Each stream keeps a pace of its own, within a quarter of the mean, so that streams which start together do not beat
 * together.
 * @param {StreamPlan} plan
 * @returns {number} milliseconds between two deltas of this stream, and before its first
 */
export function paceOf({ paceMs, seed }) {
  const fraction = (nextState(nextState(seed)) >>> 16) / 0x1_0000
  return paceMs * (0.75 + fraction / 2)
}

/**
 * A linear congruential step; multiplier and increment from Numerical Recipes, of which the upper bits are usable.
 * @param {number} state
 */
function nextState(state) {
  return (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
}
