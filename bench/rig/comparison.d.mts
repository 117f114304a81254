// The types of comparison.mjs, for the tests.
export interface Compared {
  machine: object
  figures: Record<string, Record<string, number>>
}
export function whatGotWorse(before: Compared, after: Compared): string[]
