// The types of answer.mjs, for the tests.
import type { StreamPlan } from './stream-plan.d.mts'

export class Answer {
  constructor(plan: StreamPlan, leaveHalfway?: () => void)
  add(text: string): void
  finish(): void
  get isLeft(): boolean
  get firstLateMs(): number
  get gapsLateMs(): number[]
}
