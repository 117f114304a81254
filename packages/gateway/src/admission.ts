/** From a valid `init` of a known client to a completion that may run: what the client may ask for, and its quotas. */
import type { InitMessage } from '@sluice/protocol'
import type { Principal } from './clients/principal.ts'
import type { Completion } from './completion/completion.ts'
import type { Completions } from './completion/completions.ts'
import { GatewayError } from './errors.ts'
import type { ConcurrencyLimits } from './limits/concurrency-limits.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import type { LiveConfig } from './live-config.ts'

/** Who asks, and from where. */
export interface Client {
  principal: Principal
  address: string
}

export interface AdmissionOptions {
  completions: Completions
  concurrency: ConcurrencyLimits
  rates: RateLimits
  /** Asked for each request, so that a reload reaches open sockets. */
  live: () => LiveConfig
  /** What the client may do now: its key may have changed since its socket was opened. */
  current: (principal: Principal) => Principal
  /** Told of a request that was refused before it began. */
  refused: (reason: string, address: string) => void
}

export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** @throws GatewayError that refuses the request */
  open(init: InitMessage, client: Client): Completion {
    const { completions, concurrency, rates, live, current } = this.#options
    const { settings, policyOf, modelOf } = live()
    const { payload, conversationId, onOverflow = settings.onOverflow } = init
    const { address } = client
    const principal = current(client.principal)
    assertAllowed(principal, payload.modelId)
    const policy = policyFor(principal, policyOf)
    return completions.open({
      payload,
      policy,
      model: modelOf(payload.modelId),
      client: principal.id,
      subject: principal.subject,
      conversationId,
      onOverflow,
      verbatim: policy.name === 'off',
      place: () => concurrency.acquireCompletion(principal, address),
      admit: () => this.#admit(principal, address),
      spend: (tokens) => void rates.spend(principal, address, tokens),
    })
  }

  async #admit(principal: Principal, address: string): Promise<void> {
    try {
      await this.#options.rates.admit(principal, address)
    } catch (error) {
      this.#options.refused('rate_limited', address)
      throw error
    }
  }
}

/** The policy of a client. A key whose policy is not configured is refused alone, never served by another policy. */
function policyFor({ id, policy }: Principal, policyOf: LiveConfig['policyOf']) {
  try {
    return policyOf(policy)
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    const problem = `Key ${id} names the guard policy ${JSON.stringify(policy)}, which this gateway does not have`
    throw new GatewayError('forbidden', `${problem}; its operator has to correct that`, { cause })
  }
}

/** Asked for each request and not for each socket: a socket may live longer than its credential. */
function assertAllowed({ allowedModels, expiresAt }: Principal, model: string): void {
  if (expiresAt !== undefined && expiresAt <= Date.now()) {
    throw new GatewayError(
      'unauthorized',
      'The credential of this connection has expired; connect again with a fresh one',
    )
  }
  if (allowedModels === undefined || allowedModels.includes(model)) return
  throw new GatewayError(
    'forbidden',
    `This client may not use that model; allowed: ${allowedModels.join(', ')}`,
  )
}
