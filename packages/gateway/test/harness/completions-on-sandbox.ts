/** Completions without sockets: on the sandbox, followed by subscribers that keep what they take. */
import { compilePolicy } from '@sluice/guard'
import { type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { Agent } from 'undici'
import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/clock.ts'
import { Completions } from '../../src/completion/completions.ts'
import { MemoryFeedStore } from '../../src/completion/feed-store.ts'
import { EntryKind, entryOf } from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import type { Lifetime, Order, Quotas } from '../../src/completion/order.ts'
import type { Subscriber, Subscription } from '../../src/completion/subscription.ts'
import type { CompletionReport } from '../../src/completion/terminal.ts'
import { type GatewayOptions, gatewayConfig } from '../../src/config/gateway-config.ts'
import { modelTable } from '../../src/request/models.ts'
import { Scheduler } from '../../src/scheduler.ts'
import { UpstreamClient } from '../../src/upstream/client.ts'
import { upstreamTarget } from '../../src/upstream/profiles.ts'

interface Options {
  sandbox?: SandboxOptions
  quotas?: Partial<Quotas>
  ringBytes?: number
  budgetBytes?: number
  clock?: Clock
  scheduler?: Scheduler
  /** Settings of the upstream. */
  upstream?: GatewayOptions
}

const NO_QUOTAS: Quotas = {
  acquire: async () => () => {},
  admit: async () => {},
  check: async () => {},
  refused: () => {},
  reserve: async () => () => {},
}

/** Both end with the test. */
export async function completionsOnSandbox(options: Options = {}) {
  const sandbox = await startSandbox({ deltaIntervalMs: 1, ...options.sandbox })
  const { clock = systemClock } = options
  const { settings } = gatewayConfig({
    profile: 'openai',
    llmBaseUrl: `${sandbox.url}/v1`,
    ...options.upstream,
  })
  const agent = new Agent()
  const budget = new MemoryBudget(options.budgetBytes ?? 1e9)
  const reports: CompletionReport[] = []
  const completions = new Completions({
    memory: budget,
    upstream: new UpstreamClient({ target: upstreamTarget(settings), dispatcher: agent, clock }),
    scheduler: options.scheduler ?? new Scheduler(),
    store: new MemoryFeedStore({ budget, ringBytes: options.ringBytes ?? 1e6 }),
    quotas: { ...NO_QUOTAS, ...options.quotas },
    timeoutMs: 60_000,
    maxAnswerCharacters: 1e6,
    standInKey: new Uint8Array(32),
    clock,
    observers: [{ ended: (report) => void reports.push(report) }],
    diagnostics: {
      gap: () => {},
      unexpected: (error) => {
        throw error
      },
    },
  })
  onTestFinished(async () => {
    completions.cancelAll('operator')
    await completions.drain()
    await agent.destroy()
    await sandbox.close()
  })
  return { completions, sandbox, budget, reports }
}

const modelOf = modelTable({ models: {}, defaultContextWindow: 100_000 })

/** What the client named `id` orders from a model of the sandbox. */
export function order(
  modelId: string,
  {
    id = 'a',
    policy = 'standard',
    ...lifetime
  }: Partial<Lifetime> & { id?: string; policy?: 'seed' | 'standard' } = {},
): Order {
  return {
    request: { modelId, messages: [{ role: 'user', content: 'Where is my order?' }] },
    size: { bytes: 100, values: 5 },
    policy: compilePolicy(policy),
    model: modelOf(modelId),
    client: { principal: { kind: 'key', id }, address: '192.0.2.1' },
    conversationId: undefined,
    onOverflow: 'reject',
    wantsVerbatim: false,
    lifetime: { graceMs: 0, endsWithConnection: false, retentionMs: 0, ...lifetime },
    idempotencyKey: undefined,
    echo: undefined,
  }
}

/** Takes entries as they come, up to `limit` of them in all; what it took is its text. */
export class Reader implements Subscriber {
  readonly mayMiss: boolean
  text = ''
  entries = 0
  limit: number
  subscription: Subscription | undefined

  constructor({ mayMiss = false, limit = Number.POSITIVE_INFINITY } = {}) {
    this.mayMiss = mayMiss
    this.limit = limit
  }

  get isOver(): boolean {
    return this.subscription?.feed.terminal !== undefined
  }

  onFeed(subscription: Subscription): void {
    this.subscription = subscription
    const { log } = subscription.feed
    while (subscription.cursor < log.top && this.entries < this.limit) {
      subscription.cursor = Math.max(subscription.cursor + 1, log.first)
      this.entries += 1
      const { tag, bytes, start, end } = log.read(subscription.cursor)
      if (entryOf(tag).kind === EntryKind.text) this.text += bytes.toString('utf8', start, end)
    }
    subscription.isBehind = subscription.cursor < log.top
  }

  /** Takes all that comes from now on. */
  catchUp(): void {
    this.limit = Number.POSITIVE_INFINITY
    this.subscription?.resume()
  }
}
