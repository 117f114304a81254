/** Requests and tokens by the labels of keys and tokens that the operator chose, and never more values than are bounded. */
import type { CompletionReport } from '../completion/terminal.ts'
import { Counter, type Registry } from './prometheus.ts'

/** Values told apart of one label; whatever comes after them is `other`, until the restart. */
const MAX_VALUES = 100

export interface LabelTotalsOptions {
  /** Names of labels; `tenant` is the client's tenant. */
  readonly labels: readonly string[]
  /** What stands for a value that must not be shown as it is. */
  readonly nameOf: (value: string) => string | undefined
}

export class LabelTotals {
  readonly #options: LabelTotalsOptions
  readonly #requests: Counter<'label' | 'value' | 'outcome'>
  readonly #tokens: Counter<'label' | 'value' | 'direction'>
  /** Of each label: a value, and what it is called. */
  readonly #names: ReadonlyMap<string, Map<string, string>>

  constructor(registry: Registry, options: LabelTotalsOptions) {
    this.#options = options
    this.#names = new Map(options.labels.map((label) => [label, new Map()]))
    this.#requests = new Counter({
      name: 'sluice_requests_by_label_total',
      help: 'Completions by a label that SLUICE_METRIC_LABELS names; after 100 values of one, the next are `other`.',
      labelNames: ['label', 'value', 'outcome'],
      registers: [registry],
    })
    this.#tokens = new Counter({
      name: 'sluice_tokens_by_label_total',
      help: 'Tokens of prompts (in) and answers (out) by such a label.',
      labelNames: ['label', 'value', 'direction'],
      registers: [registry],
    })
  }

  count(report: CompletionReport): void {
    for (const [label, names] of this.#names) {
      const given = label === 'tenant' ? report.tenant : report.labels?.[label]
      if (given === undefined) continue
      const value = this.#nameIn(names, given)
      this.#requests.inc({ label, value, outcome: report.status })
      this.#tokens.inc({ label, value, direction: 'in' }, report.tokensIn)
      this.#tokens.inc({ label, value, direction: 'out' }, report.tokensOut)
    }
  }

  #nameIn(names: Map<string, string>, value: string): string {
    const known = names.get(value)
    if (known !== undefined) return known
    if (names.size >= MAX_VALUES) return 'other'
    const name = this.#options.nameOf(value) ?? 'other'
    names.set(value, name)
    return name
  }
}
