/** The one error class of the sandbox: what its own caller did wrong. Faults shown to clients are in `failures.ts`. */

/** Why the sandbox refused its caller. */
export type SandboxErrorCode = 'invalid_option' | 'invalid_replay' | 'invalid_fault'

/** Thrown for a wrong option, an unusable replay file or an unknown fault name; retrying never helps. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
