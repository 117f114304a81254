/** A histogram for the path of each delta: an increment in a typed array, turned into Prometheus' form when somebody asks. */
import type { Metric, Registry } from 'prom-client'

export interface FastHistogramOptions {
  name: string
  help: string
  /** Upper bounds, rising. */
  buckets: readonly number[]
  registry: Registry
}

export class FastHistogram {
  readonly #buckets: Float64Array
  /** One count for each bucket and one for what is above all of them. */
  readonly #counts: Float64Array
  #sum = 0

  constructor({ name, help, buckets, registry }: FastHistogramOptions) {
    this.#buckets = Float64Array.from(buckets)
    this.#counts = new Float64Array(buckets.length + 1)
    const metric = {
      name,
      get: async () => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: this.#values(name),
      }),
      reset: () => this.#counts.fill(0),
    }
    // The registry asks a metric for its name and its values; prom-client's type names the classes it has itself.
    registry.registerMetric(metric as unknown as Metric)
  }

  observe(value: number): void {
    let index = 0
    while (index < this.#buckets.length && value > (this.#buckets[index] ?? 0)) index += 1
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
  }

  #values(name: string) {
    let below = 0
    const values = [...this.#counts].map((count, index) => {
      below += count
      return {
        metricName: `${name}_bucket`,
        labels: { le: this.#buckets[index] ?? '+Inf' },
        value: below,
      }
    })
    const rest = { labels: {}, exemplar: null }
    return [
      ...values,
      { metricName: `${name}_sum`, value: this.#sum, ...rest },
      { metricName: `${name}_count`, value: below, ...rest },
    ]
  }
}
