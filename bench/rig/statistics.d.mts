// The types of statistics.mjs, for the tests.
export interface Spread {
  count: number
  p50: number
  p99: number
  max: number
}
export function percentile(values: readonly number[], percent: number): number
export function median(values: readonly number[]): number
export function spreadOf(values: readonly number[]): Spread
