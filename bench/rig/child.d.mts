// The types of child.mjs, for the tests.
export interface ChildOptions {
  name: string
  args: string[]
  env?: Record<string, string>
  core?: number | undefined
  hasChannel?: boolean
}
export class Child {
  constructor(options: ChildOptions)
  usage(): { cpuMicros: number; residentBytes: number }
  ask(command: object, withinMs: number): Promise<unknown>
  untilReady(url: string): Promise<void>
  stop(): Promise<void>
}
export function freePort(): Promise<number>
