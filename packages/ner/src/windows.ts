/** Words in windows that the model can take at once, each word with context on both sides of it. */

export interface TokenWindow {
  /** Indices of its words: the first, and the one behind the last. */
  readonly from: number
  readonly to: number
  /** Indices of the words that are judged in it; the others are context. */
  readonly judgedFrom: number
  readonly judgedTo: number
}

/**
 * @param lengths tokens of each word
 * @param size the most tokens of a window. A longer word is cut by the model's adapter
 * @param overlap tokens that two windows share at least; half of it is judged in each
 */
export function windowsOf(
  lengths: readonly number[],
  { size, overlap }: { readonly size: number; readonly overlap: number },
): TokenWindow[] {
  const windows: TokenWindow[] = []
  let from = 0
  let judgedFrom = 0
  while (judgedFrom < lengths.length) {
    // A long word may leave no room for context before it.
    if (wordsWithin(lengths, from, size) <= judgedFrom) from = judgedFrom
    const to = wordsWithin(lengths, from, size)
    if (to === lengths.length) {
      windows.push({ from, to, judgedFrom, judgedTo: to })
      break
    }
    const next = Math.max(backwards(lengths, to, overlap), from + 1)
    const judgedTo = Math.max(backwards(lengths, to, overlap / 2), judgedFrom + 1, next)
    windows.push({ from, to, judgedFrom, judgedTo })
    from = next
    judgedFrom = judgedTo
  }
  return windows
}

/** The index behind the words from `from` on that fit; one at least. */
function wordsWithin(lengths: readonly number[], from: number, size: number): number {
  let to = from
  let sum = 0
  while (to < lengths.length) {
    sum += lengths[to] ?? 0
    if (sum > size && to > from) break
    to += 1
  }
  return to
}

/** The index of the word so many tokens before the word at `to`. */
function backwards(lengths: readonly number[], to: number, tokens: number): number {
  let at = to
  let sum = 0
  while (at > 0 && sum < tokens) {
    at -= 1
    sum += lengths[at] ?? 0
  }
  return at
}
