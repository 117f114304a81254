/** How far the gateway is, for everybody who asks before they begin something. */
export class Readiness {
  state: 'starting' | 'ready' | 'draining' = 'starting'

  /** Undefined while requests can be served, else why not. */
  get problem(): string | undefined {
    return this.state === 'ready' ? undefined : this.state
  }
}
