// Sets of symbols as sorted inclusive ranges. A symbol is a folded UTF-16 unit; every character beyond the Basic
// Multilingual Plane that does not fold to a smaller one is the single symbol ASTRAL. What symbols mean is fold.ts's.

/** Sorted, disjoint, non-adjacent inclusive ranges: `[low, high, low, high, ...]`. */
export type CharSet = readonly number[]

/** The symbol that stands for every unfolded character beyond U+FFFF and for a lone surrogate. */
export const ASTRAL = 0xd800
const LAST = 0xffff

export const DIGIT: CharSet = [0x30, 0x39]
export const WORD: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
export const UPPER_CASE: CharSet = [0x41, 0x5a]
export const LOWER_CASE: CharSet = [0x61, 0x7a]
export const LETTERS_AND_DIGITS: CharSet = [...DIGIT, ...UPPER_CASE, ...LOWER_CASE]
/** WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3. */
export const SPACE: CharSet = unionOf([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
])
/** What `.` matches: everything but the line terminators of ECMA-262, section 12.3. */
export const ANY: CharSet = complementOf([0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029])

export function unionOf(sets: readonly CharSet[]): CharSet {
  const ranges: [number, number][] = []
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) ranges.push([set[i] ?? 0, set[i + 1] ?? 0])
  }
  ranges.sort((a, b) => a[0] - b[0])
  const merged: number[] = []
  for (const [low, high] of ranges) {
    const last = merged.at(-1)
    if (last !== undefined && low <= last + 1) merged[merged.length - 1] = Math.max(last, high)
    else merged.push(low, high)
  }
  return merged
}

export function complementOf(set: CharSet): CharSet {
  const result: number[] = []
  let next = 0
  for (let i = 0; i < set.length; i += 2) {
    const low = set[i] ?? 0
    if (low > next) result.push(next, low - 1)
    next = (set[i + 1] ?? 0) + 1
  }
  if (next <= LAST) result.push(next, LAST)
  return result
}

export function contains(set: CharSet, symbol: number): boolean {
  for (let i = 0; i < set.length; i += 2) {
    if (symbol < (set[i] ?? 0)) return false
    if (symbol <= (set[i + 1] ?? 0)) return true
  }
  return false
}

let everySymbol: string | undefined

/** The symbols that a RegExp source of one character matches, such as `\p{L}`; one native pass over all of them. */
export function charSetMatching(source: string): CharSet {
  everySymbol ??= textOfEverySymbol()
  const ranges: number[] = []
  for (const { 0: run, index } of everySymbol.matchAll(new RegExp(`(?:${source})+`, 'gu'))) {
    ranges.push(index, index + run.length - 1)
  }
  return ranges
}

/** Each symbol at its own offset; a surrogate, which is no character alone, is given as NUL. */
function textOfEverySymbol(): string {
  const units = new Uint16Array(LAST + 1)
  for (let unit = 0; unit <= LAST; unit += 1) units[unit] = unit >> 11 === 0x1b ? 0 : unit
  let text = ''
  for (let low = 0; low <= LAST; low += 0x1000) {
    text += Reflect.apply(String.fromCharCode, undefined, units.subarray(low, low + 0x1000))
  }
  return text
}

/** Chinese, Japanese and Korean: characters, compatibility forms and punctuation, none of which has a case. */
const CJK: CharSet = [0x2e80, 0xa4cf, 0xac00, 0xd7ff, 0xf900, 0xfaff, 0xfe30, 0xfe4f]

function isCjk(low: number, high: number): boolean {
  for (let i = 0; i < CJK.length; i += 2) {
    if (low >= (CJK[i] ?? 0) && high <= (CJK[i + 1] ?? 0)) return true
  }
  return false
}

/** Adds the upper-case and lower-case partner of every member that has one of a single UTF-16 unit. */
export function ignoringCase(set: CharSet): CharSet {
  const partners: number[] = []
  for (let i = 0; i < set.length; i += 2) {
    const low = set[i] ?? 0
    const high = set[i + 1] ?? 0
    if (high - low > 8192) continue // nearly everything: a negated class, closed under case before it was negated
    if (isCjk(low, high)) continue
    for (let symbol = low; symbol <= high; symbol += 1) addCasePartners(symbol, partners)
  }
  if (partners.length === 0) return set
  return unionOf([set, ...partners.map((partner) => [partner, partner])])
}

function addCasePartners(symbol: number, partners: number[]): void {
  if (symbol < 0x80) {
    const letter = symbol | 0x20
    if (letter >= 0x61 && letter <= 0x7a) partners.push(symbol ^ 0x20)
    return
  }
  const character = String.fromCharCode(symbol)
  for (const other of [character.toLowerCase(), character.toUpperCase()]) {
    const unit = other.charCodeAt(0)
    // As RegExp's Canonicalize: nothing outside ASCII equals a letter in it.
    if (other.length === 1 && unit !== symbol && unit > 0x7f) partners.push(unit)
  }
}
