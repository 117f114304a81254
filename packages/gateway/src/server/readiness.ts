/** How far the gateway is, for everybody who asks before they begin something. */
import type { DescriptorWatch } from './descriptor-watch.ts'

export class Readiness {
  state: 'starting' | 'ready' | 'draining' = 'starting'
  readonly #descriptors: Pick<DescriptorWatch, 'isExhausted' | 'stop'>

  constructor(descriptors: Pick<DescriptorWatch, 'isExhausted' | 'stop'>) {
    this.#descriptors = descriptors
  }

  /** Undefined while requests can be served, else why not. */
  get problem(): string | undefined {
    if (this.state !== 'ready') return this.state
    return this.#descriptors.isExhausted ? 'no file descriptors are left' : undefined
  }

  /** Ends looking after the descriptors. */
  stop(): void {
    this.#descriptors.stop()
  }
}
