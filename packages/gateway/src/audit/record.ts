/** What the audit may hold: counts, names, times and outcomes. Text and detected values have no field here; storing is for schema.ts. */

/**
 * How a completion ended. `success`: the whole answer was handed to the network; whether it arrived nobody can know.
 * `interrupted` is set at the next start for one that the process did not live to end.
 */
export type CompletionStatus = 'success' | 'failed' | 'blocked' | 'cancelled' | 'interrupted'

/** The statuses a filter may name: `running` has begun and is not ended. */
export const AUDIT_STATUSES = [
  'running',
  'success',
  'failed',
  'blocked',
  'cancelled',
  'interrupted',
] as const satisfies readonly (CompletionStatus | 'running')[]

/** How often the guard acted on one entity in one direction. */
export interface AuditFinding {
  readonly entity: string
  readonly direction: 'input' | 'output'
  readonly action: string
  readonly count: number
}

/** Written before the prompt leaves. Times are milliseconds since the epoch. */
export interface AuditBegin {
  readonly requestId: string
  /** The client's own name for the conversation, already through `boundedId` and the guard. */
  readonly conversationId?: string | undefined
  /** Id of the principal: a key's id, `anonymous`, or a token's subject. */
  readonly client: string
  /** Subject of the verified token, where there was one. */
  readonly subject?: string | undefined
  readonly tenant?: string | undefined
  /** Labels of the key or token, by name. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly model: string
  readonly upstream: string
  readonly policy: string
  readonly policyHash: string
  readonly beganAt: number
}

/** Written when the terminal is known. It repeats the beginning, so that it stands alone if the begin record was lost. */
export interface AuditEnd extends AuditBegin {
  readonly endedAt: number
  readonly status: CompletionStatus
  readonly finishReason?: string | undefined
  readonly promptTokens?: number | undefined
  readonly promptTokensEstimated?: boolean | undefined
  readonly completionTokens?: number | undefined
  readonly completionTokensEstimated?: boolean | undefined
  readonly latencyMs?: number | undefined
  readonly timeToFirstTokenMs?: number | undefined
  readonly retries?: number | undefined
  readonly findings?: readonly AuditFinding[] | undefined
  /** Messages left out to fit the context window. */
  readonly droppedMessages?: number | undefined
  /** A code of the protocol's closed list. */
  readonly errorCode?: string | undefined
  readonly upstreamCorrelationId?: string | undefined
}

/** What happened beside completions. */
export type AuditEvent =
  | {
      /** A credential was refused; or a client, its page or its request, for anything else. */
      readonly kind: 'auth_failure' | 'refusal'
      readonly reason: string
      readonly address: string
      /** Refusals that this row stands for. */
      readonly count: number
    }
  | {
      readonly kind: 'key_change'
      readonly action: 'added' | 'changed' | 'revoked'
      readonly keyId: string
    }
  | {
      readonly kind: 'config_change'
      readonly outcome: 'applied' | 'refused'
      /** Names of settings, never their values. */
      readonly settings: readonly string[]
    }
  | {
      readonly kind: 'gap'
      /** When writing stopped and went on, in milliseconds since the epoch. */
      readonly from: number
      readonly to: number
      /** Records that were lost between the two. */
      readonly lost: number
    }
  | { readonly kind: 'erasure'; readonly completions: number }
  | { readonly kind: 'interruption'; readonly completions: number }

/** A completion as it is read back; `null` stands for a field that was not given. */
export interface AuditRecord {
  readonly requestId: string
  readonly conversationId: string | null
  readonly client: string
  readonly subject: string | null
  readonly model: string
  readonly upstream: string
  readonly policy: string
  readonly policyHash: string
  readonly instance: string
  readonly beganAt: number
  readonly endedAt: number | null
  readonly status: CompletionStatus | 'running'
  readonly finishReason: string | null
  readonly promptTokens: number | null
  readonly promptTokensEstimated: boolean | null
  readonly completionTokens: number | null
  readonly completionTokensEstimated: boolean | null
  readonly latencyMs: number | null
  readonly timeToFirstTokenMs: number | null
  readonly retries: number | null
  readonly findings: readonly AuditFinding[] | null
  readonly droppedMessages: number | null
  readonly errorCode: string | null
  readonly upstreamCorrelationId: string | null
  readonly tenant: string | null
  readonly labels: Readonly<Record<string, string>> | null
}

/** An event as it is read back. */
export type StoredEvent = AuditEvent & { readonly at: number; readonly instance: string }
