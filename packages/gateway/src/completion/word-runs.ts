/**
 * The words that passed at each place of extension fields, joined: a client joins the pieces of a field, so what none of
 * them has may be in all of them. What came before the piece that completes it has passed.
 */

/** An answer with more places has no more words. */
const MAX_PLACES = 128
/** Characters that are remembered of a place. */
const LONGEST_RUN = 128

export class WordRuns {
  readonly #passes: (text: string) => boolean
  readonly #runs = new Map<string, string>()

  /** @param passes whether the guard has nothing against a text */
  constructor(passes: (text: string) => boolean) {
    this.#passes = passes
  }

  /** Whether a word may follow those before it at its place; if so, it is one of them. */
  take(path: string, word: string): boolean {
    const before = this.#runs.get(path)
    if (before === undefined && this.#runs.size >= MAX_PLACES) return false
    const joined = (before ?? '') + word
    const run = joined.slice(-LONGEST_RUN)
    // A name of a kind comes with each delta: soon nothing is new, and the scan is left out.
    if (run === before) return true
    if (before !== undefined && !this.#passes(joined)) return false
    this.#runs.set(path, run)
    return true
  }
}
