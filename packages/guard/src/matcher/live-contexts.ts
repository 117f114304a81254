// What the words before a place say about it, for one stream. They look backwards only, so they never make a text wait.
// Which words there are is context.ts's, what may start where lazy-dfa.ts's.
import { costOf, WORD_COST, type WordRoles } from './word-roles.ts'

/**
 * What has been said of what follows, from least to most. The nearest word decides, but a hint takes nothing back. The
 * word "number" goes with the word that is live before it. Where none is, it is a hint after "my" and the like, nothing
 * after an article, and else against: whatever number it is that has one (badge number, Artikelnummer), it is no entity
 * we know. "No" does the same, but counts against only what is right behind it.
 */
export const AGAINST = 0
export const SILENT = 1
export const HINTED = 2
export const ANNOUNCED = 3
export type Standing = typeof AGAINST | typeof SILENT | typeof HINTED | typeof ANNOUNCED

/** A word counts for what begins within this many words after it, as in Microsoft Presidio. */
const WINDOW_WORDS = 5
const WINDOW_COST = WINDOW_WORDS * WORD_COST

/** By standing: the bits that are live with it. The bit of a standing is live with all that say more. */
export type StandingBits = readonly [against: 0, silent: number, hinted: number, announced: number]

/** More than any run of words costs. */
const ENDLESS = 2 ** 30

/** The standing of each vocabulary at the moment, in one stream. */
export class LiveContexts {
  bits = 0
  /** Words that cost less than this and say nothing change nothing. */
  costLeft = ENDLESS
  #cost = 0
  /** What the last word of ours was, to which vocabularies it spoke, and the cost of all words up to its end. */
  #last: WordRoles['kind']
  #lastSpoke = 0
  #lastCost = 0
  readonly #bitsOf: readonly StandingBits[]
  /** By vocabulary: its standing, and the cost at which it ends. */
  readonly #standings: Standing[]
  readonly #ends: number[] = []
  /** No standing ends at a lower cost; infinite while all are silent. */
  #nextEnd = Number.POSITIVE_INFINITY
  /** By bit: the stretch of text in which it was live last. Empty at first: a typed array costs a stream more than its text. */
  readonly #since: number[] = []
  readonly #ended: number[] = []

  constructor(bitsOf: readonly StandingBits[]) {
    this.#bitsOf = bitsOf
    this.#standings = bitsOf.map(() => SILENT)
    for (const bits of bitsOf) this.bits |= bits[SILENT]
  }

  /** Words have ended that say nothing, and cost less than `costLeft`. */
  pass(cost: number): void {
    this.#cost += cost
    this.costLeft -= cost
  }

  /**
   * A word with these roles has ended before `offset`. Where letters or digits go on right behind it (`isWhole` is false)
   * it costs nothing: what a word is depends on the policy, and how long words count must not.
   */
  endWord(roles: WordRoles, offset: number, isWhole: boolean): void {
    const isNext = this.#cost === this.#lastCost
    if (isWhole) this.#cost += costOf(roles)
    this.#lastSpoke = roles.spoken === 0 ? 0 : this.#speak(roles, offset, isNext)
    this.#last = roles.kind
    this.#lastCost = this.#cost
    if (this.#cost >= this.#nextEnd) this.#fallSilent(offset)
    // As a whole number, so that the hot loop need not convert it.
    this.costLeft = Math.min(this.#nextEnd - this.#cost, ENDLESS) | 0
  }

  /** The vocabularies to which a word spoke. `isFollowing`: nothing stands between the last word of ours and this one. */
  #speak(roles: WordRoles, offset: number, isFollowing: boolean): number {
    const leader = isFollowing ? this.#last : undefined
    let spoke = 0
    for (let i = 0; i < this.#standings.length; i += 1) {
      const bit = 1 << i
      if ((roles.spoken & bit) === 0) continue
      const before = this.#standings[i] ?? SILENT
      const isNext = isFollowing && (this.#lastSpoke & bit) !== 0
      const said = saidOf(bit, roles, { before, leader, isNext })
      if (said === undefined) continue
      spoke |= bit
      const isBrief = said === AGAINST && roles.kind === 'abbreviation'
      if (isBrief && before === AGAINST) continue
      const end = this.#cost + (isBrief ? WORD_COST : WINDOW_COST)
      this.#ends[i] = end
      this.#nextEnd = Math.min(this.#nextEnd, end)
      if (said !== before) this.#change(i, said, offset)
    }
    return spoke
  }

  /** What was said of the vocabularies whose words are too long ago is over. */
  #fallSilent(offset: number): void {
    let next = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#standings.length; i += 1) {
      if (this.#standings[i] === SILENT) continue
      const end = this.#ends[i] ?? 0
      if (this.#cost >= end) this.#change(i, SILENT, offset)
      else next = Math.min(next, end)
    }
    this.#nextEnd = next
  }

  #change(vocabulary: number, standing: Standing, offset: number): void {
    const bitsOf = this.#bitsOf[vocabulary] ?? NO_BITS
    const before = this.#standings[vocabulary] ?? SILENT
    this.#standings[vocabulary] = standing
    const ends = bitsOf[before] & ~bitsOf[standing]
    const begins = bitsOf[standing] & ~bitsOf[before]
    for (let left = ends; left !== 0; left &= left - 1) this.#ended[lowestBit(left)] = offset
    for (let left = begins; left !== 0; left &= left - 1) this.#since[lowestBit(left)] = offset
    this.bits = (this.bits & ~ends) | begins
  }

  /** Whether a match that starts at `offset` started while the bit `gate` was live. */
  wasLive(gate: number, offset: number): boolean {
    const i = 31 - Math.clz32(gate)
    if (offset < (this.#since[i] ?? 0)) return false
    return (this.bits & gate) !== 0 || offset < (this.#ended[i] ?? 0)
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}

const NO_BITS: StandingBits = [0, 0, 0, 0]

interface Before {
  readonly before: Standing
  readonly leader: WordRoles['kind']
  /** Whether the word right before said something. */
  readonly isNext: boolean
}

/** What a word says to the vocabulary of a bit; undefined: nothing. */
function saidOf(
  bit: number,
  roles: WordRoles,
  { before, leader, isNext }: Before,
): Standing | undefined {
  const { context, hints, against, kind } = roles
  if ((against & bit) !== 0) return AGAINST
  if ((context & bit) !== 0) return ANNOUNCED
  const isNumber = kind === 'number' || kind === 'abbreviation'
  const isOwned = isNumber && leader === 'owner'
  // Müşteri numaram: whose the number is says the word itself.
  if (isNumber && isNext && before === AGAINST && !isOwned) return AGAINST
  if (isOwned || (hints & bit) !== 0) return before === ANNOUNCED ? ANNOUNCED : HINTED
  if (kind === 'compound') return AGAINST
  if (kind === 'genitive') return leader === 'number' && before === HINTED ? AGAINST : undefined
  if (!isNumber) return undefined
  if (leader === 'article') return before === SILENT ? undefined : before
  if (before === ANNOUNCED || (before === HINTED && isNext)) return before
  return AGAINST
}
