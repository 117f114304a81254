/** Which known name was probably meant by one that nobody knows. */

/** A hint for a message about an unknown name. */
export function suggestion(name: string, known: ReadonlySet<string>): string {
  const best = nearest(name, known, 3)
  return best === undefined ? '; see docs/settings.md for all of them' : `; did you mean ${best}?`
}

/** The known name with the fewest edits, if those are no more than `most` and fewer than half of the name. */
export function nearest(
  name: string,
  known: ReadonlySet<string>,
  most: number,
): string | undefined {
  let best: string | undefined
  let distance = Math.min(most + 1, name.length / 2)
  for (const candidate of known) {
    const edits = editDistance(name, candidate)
    if (edits < distance) [best, distance] = [candidate, edits]
  }
  return best
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
