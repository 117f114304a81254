/** Counts findings by entity, direction and action: what audit and metrics may know of them. */
import type { Finding } from '@sluice/guard'

/** Findings of one entity, counted. `unjudged:` and a detector's name, with the action `pass`: texts it did not judge. */
export interface FindingCount {
  entity: string
  direction: 'input' | 'output'
  action: string
  count: number
}

export class FindingCounts {
  readonly #byKey = new Map<string, FindingCount>()

  add(direction: 'input' | 'output', findings: readonly Finding[]): void {
    for (const { entity, action } of findings) this.#count({ entity, direction, action, count: 1 })
  }

  /** A text passed although a detector could not judge it. */
  addUnjudged(direction: 'input' | 'output', detector: string): void {
    this.#count({ entity: `unjudged:${detector}`, direction, action: 'pass', count: 1 })
  }

  addAll({ counts }: FindingCounts): void {
    for (const count of counts) this.#count(count)
  }

  #count({ entity, direction, action, count }: FindingCount): void {
    const key = `${direction} ${action} ${entity}`
    const known = this.#byKey.get(key)
    if (known === undefined) this.#byKey.set(key, { entity, direction, action, count })
    else known.count += count
  }

  get counts(): readonly FindingCount[] {
    return [...this.#byKey.values()]
  }
}
