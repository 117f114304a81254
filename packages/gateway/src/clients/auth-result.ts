/** The outcomes of looking at a credential, each with its words for the client. No outcome repeats the credential. */
import type { Principal } from './principal.ts'

interface Refusal {
  readonly message: string
  readonly isRetryable: boolean
}

/** Every reason for a refusal. Keys that do not exist and keys whose secret is wrong are one reason: ids are no secret, but need not be told. */
const REFUSALS = {
  missing: { message: 'A credential is required', isRetryable: false },
  malformed: {
    message: 'The credential is neither a Sluice key nor a token this gateway accepts',
    isRetryable: false,
  },
  two_credentials: { message: 'The request shows two credentials that differ', isRetryable: false },
  unknown_key: { message: 'The key is not known', isRetryable: false },
  revoked_key: { message: 'The key has been revoked', isRetryable: false },
  expired_key: { message: 'The key has expired', isRetryable: false },
  invalid_token: { message: 'The token cannot be verified', isRetryable: false },
  expired_token: { message: 'The token has expired', isRetryable: false },
  early_token: { message: 'The token is not valid yet', isRetryable: false },
  wrong_issuer: { message: 'The token comes from another issuer', isRetryable: false },
  wrong_audience: { message: 'The token is meant for another audience', isRetryable: false },
  wrong_origin: { message: 'The token is meant for pages of another origin', isRetryable: false },
  invalid_claim: {
    message: 'A claim of the token is missing or has a form that this gateway does not take',
    isRetryable: false,
  },
  forbidden_claim: {
    message: 'The token asks for a policy or models that this gateway does not allow it',
    isRetryable: false,
  },
  issuer_unavailable: {
    message: "The token cannot be checked now: its issuer's keys cannot be fetched",
    isRetryable: true,
  },
} as const satisfies Readonly<Record<string, Refusal>>

/** Why a credential was refused; safe for the audit and as a metric's label. */
export type AuthFailureReason = keyof typeof REFUSALS

/** Whether a reason for a refusal is one of a credential, or of its absence. */
export function isAuthFailureReason(reason: string): boolean {
  return reason === 'no_hello' || Object.hasOwn(REFUSALS, reason)
}

/** A refusal. */
export interface AuthFailure extends Refusal {
  readonly ok: false
  readonly reason: AuthFailureReason
}

/** A verified client, or why not. */
export type AuthResult = { readonly ok: true; readonly principal: Principal } | AuthFailure

export function refused(reason: AuthFailureReason): AuthFailure {
  return { ok: false, reason, ...REFUSALS[reason] }
}

export function accepted(principal: Principal): AuthResult {
  return { ok: true, principal }
}
