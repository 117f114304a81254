/** The guard on what is sent as a whole or not at all: ids, names, words. */
import type { Policy } from '@sluice/guard'

/** Whether the guard has nothing against a text. */
export function passesWhole(text: string, policy: Policy): boolean {
  const { text: passed, blocked } = policy.scan(text, { direction: 'output' })
  return blocked === undefined && passed === text
}
