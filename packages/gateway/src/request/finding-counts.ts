/** Counts findings by entity, direction and action: what audit and metrics may know of them. */
import type { Finding } from '@sluice/guard'
import type { FindingCount } from './terminal.ts'

export class FindingCounts {
  readonly #byKey = new Map<string, FindingCount>()

  add(direction: 'input' | 'output', findings: readonly Finding[]): void {
    for (const { entity, action } of findings) this.#count({ entity, direction, action })
  }

  /** A text passed although a detector could not judge it. */
  addUnjudged(direction: 'input' | 'output', detector: string): void {
    this.#count({ entity: `unjudged:${detector}`, direction, action: 'pass' })
  }

  #count({ entity, direction, action }: Omit<FindingCount, 'count'>): void {
    const key = `${direction} ${action} ${entity}`
    const known = this.#byKey.get(key)
    if (known === undefined) this.#byKey.set(key, { entity, direction, action, count: 1 })
    else known.count += 1
  }

  get counts(): readonly FindingCount[] {
    return [...this.#byKey.values()]
  }
}
