// The types of stream-plan.mjs, for the tests.
export interface StreamShape {
  deltas: number
  paceMs: number
}
export interface StreamPlan extends StreamShape {
  seed: number
}
export function modelName(shape: StreamShape): string
export function promptFor(seed: number): string
export function planOf(model: string, prompt: string): StreamPlan | undefined
export function deltasOf(plan: StreamPlan): Generator<string, void>
export function textOf(plan: StreamPlan): string
export function paceOf(plan: StreamPlan): number
