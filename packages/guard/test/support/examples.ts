// What each entity is and what only looks like it, from examples.json, which the fuzz reads, too. Values are documentation
// examples or made up.
import { readFileSync } from 'node:fs'

export interface Examples {
  /** Found alone by `standard` and `strict` alike (in `strict` only, for those that `standard` leaves out). */
  readonly is: readonly string[]
  /** Found only after the text before the bar, which holds a context word. */
  readonly isAfter?: readonly string[]
  readonly isNot: readonly string[]
}

const json = readFileSync(new URL('../examples.json', import.meta.url), 'utf8')

/** By entity. */
export const EXAMPLES: Readonly<Record<string, Examples>> = JSON.parse(json)

/** All of them as parts of texts, without the bars. */
export const EXAMPLE_TEXTS: readonly string[] = Object.values(EXAMPLES)
  .flatMap(({ is, isAfter = [], isNot }) => [...is, ...isAfter, ...isNot])
  .map((text) => text.replace('|', ''))
