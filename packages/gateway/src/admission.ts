/** From what a known client asks for to an order: what the client may have, and how the gateway is set up now. */
import type { Access } from './access.ts'
import type { Client } from './clients/client.ts'
import type { Principal } from './clients/principal.ts'
import type { Clock } from './clock.ts'
import type { Admission, CompletionParams, Order } from './completion/order.ts'
import { GatewayError } from './errors.ts'
import type { Live, LiveConfig } from './live-config.ts'

export interface AdmissionOptions {
  /** Read for each request, so that a reload reaches open sockets. */
  live: Live
  /** Knows what the client may do now: its key may have changed since its socket was opened. */
  access: Pick<Access, 'current'>
  clock: Clock
}

export class LiveAdmission implements Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** @throws GatewayError that refuses the request */
  order(params: CompletionParams, client: Client): Order {
    const { live, access, clock } = this.#options
    const { settings, policyOf, modelOf } = live.current
    const { request, onOverflow = settings.onOverflow } = params
    const principal = access.current(client.principal)
    assertAllowed(principal, request.modelId, clock.now())
    return {
      ...params,
      idempotencyKey: params.idempotencyKey,
      echo: params.echo,
      conversationId: principal.grant?.conversationId ?? params.conversationId,
      onOverflow,
      policy: policyFor(principal, policyOf),
      model: modelOf(request.modelId),
      client: { ...client, principal },
    }
  }
}

/**
 * The policy of a client. A key whose policy is not configured is refused alone, never served by another policy; the log
 * names both when keys and policies are read.
 */
function policyFor({ policy }: Principal, policyOf: LiveConfig['policyOf']) {
  try {
    return policyOf(policy)
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    const message = "This client cannot be served; the gateway's operator has to correct that"
    throw new GatewayError('forbidden', message, { cause })
  }
}

/** Asked for each request and not for each socket: a socket may live longer than its credential. */
function assertAllowed({ allowedModels, expiresAt }: Principal, model: string, now: number): void {
  if (expiresAt !== undefined && expiresAt <= now) {
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
