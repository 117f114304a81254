// Randomness that follows from a seed, so that every run on every machine measures the same texts.

/** @typedef {(limit: number) => number} Random a whole number from 0 to below the limit */

/** xorshift32. @param {number} seed @returns {Random} */
export function createRandom(seed) {
  let state = seed | 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

/** @template Item @param {Random} random @param {readonly Item[]} items @returns {Item} */
export function pick(random, items) {
  return /** @type {Item} */ (items[random(items.length)])
}

/** A text of characters of an alphabet. @param {Random} random @param {number} length */
export function letters(random, length, alphabet = 'abcdefghijklmnopqrstuvwxyz') {
  let text = ''
  while (text.length < length) text += alphabet[random(alphabet.length)]
  return text
}

/** Decimal digits, leading zeros included. @param {Random} random @param {number} length */
export function digits(random, length) {
  return letters(random, length, '0123456789')
}

/** A whole number from `least` to `most`, at least as many digits as `most` has. @param {Random} random @param {readonly [least: number, most: number]} range */
export function padded(random, [least, most]) {
  return String(least + random(most - least + 1)).padStart(String(most).length, '0')
}

/** Numbers from 0 to below 1. @param {number} seed @returns {() => number} */
export function createFractions(seed) {
  const random = createRandom(seed)
  return () => random(2 ** 30) / 2 ** 30
}
