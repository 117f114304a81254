/** Metrics whose values are counted elsewhere, and read when somebody asks. */
import { Counter, Gauge, type Registry } from './prometheus.ts'

export function gaugeIn(registry: Registry) {
  return (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}

/** A counter that is kept elsewhere: its value is set whole at each reading. */
export function counterIn(registry: Registry) {
  return (name: string, help: string, read: () => number) => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
}
