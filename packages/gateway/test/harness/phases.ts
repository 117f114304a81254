/** What a completion may be waiting for when somebody leaves it or cancels it, in either dialect. */
import type { GatewayOptions } from '@sluice/gateway'
import type { GatewayOnSandbox } from './gateway-on-sandbox.ts'
import type { Message } from './tutorial-client.ts'

export interface Phase {
  phase: string
  model: string
  gateway?: GatewayOptions
  /** Sets the phase up. */
  prepare?: (stack: GatewayOnSandbox) => void | Promise<void>
  /** The completion is in this phase. */
  isReached: (stack: GatewayOnSandbox, received: readonly Message[]) => boolean
  /** Chat requests in the end. */
  requests: number
}

/** All phases of a completion that waits for its upstream. */
export const PHASES: readonly Phase[] = [
  {
    phase: 'it waits for its turn',
    model: 'sandbox-fast',
    gateway: { requestsPerMinute: 1 },
    prepare: async ({ connect }) => void (await (await connect()).ask('sandbox-fast')),
    isReached: (_stack, received) => has(received, 'handshake_ack'),
    requests: 1,
  },
  {
    phase: 'the token is fetched',
    model: 'sandbox-fast',
    prepare: ({ sandbox }) => sandbox.queueFaults({ token: ['stall'] }),
    isReached: ({ sandbox }) => sandbox.stats().tokenRequests === 1,
    requests: 0,
  },
  {
    phase: 'it waits for another attempt',
    model: 'sandbox-429-always',
    isReached: ({ sandbox }) =>
      sandbox.stats().chatRequests === 1 && sandbox.stats().openStreams === 0,
    requests: 1,
  },
  {
    phase: 'the headers are awaited',
    model: 'sandbox-stall-before-headers',
    isReached: ({ sandbox }) => sandbox.stats().openStreams === 1,
    requests: 1,
  },
  {
    phase: 'the first event is awaited',
    model: 'sandbox-stall-after-headers',
    isReached: ({ sandbox }) => sandbox.stats().openStreams === 1,
    requests: 1,
  },
  {
    phase: 'the text streams',
    model: 'sandbox-slow',
    isReached: (_stack, received) => has(received, 'chunk'),
    requests: 1,
  },
  {
    phase: 'the text stalls',
    model: 'sandbox-stall-mid-stream',
    isReached: (_stack, received) => has(received, 'chunk'),
    requests: 1,
  },
]

function has(received: readonly Message[], wanted: string): boolean {
  return received.some(({ type }) => type === wanted)
}
