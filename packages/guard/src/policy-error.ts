// The one error of this package. It is thrown while a policy is compiled or a stream is opened, never because of a text.

/** Why a policy was refused; closed, so that a caller can switch over it. */
export type PolicyErrorCode =
  | 'unknown_policy'
  | 'unknown_entity'
  | 'unknown_action'
  | 'invalid_rule'
  | 'unknown_field'
  | 'unknown_rule'
  | 'unknown_detector'
  | 'invalid_option'
  | 'duplicate_rule'
  | 'pattern_syntax'
  | 'pattern_unsupported'
  | 'pattern_matches_empty'
  | 'pattern_too_large'
  | 'term_invalid'
  | 'hash_key_too_short'
  | 'hash_not_possible'
  | 'pseudonym_not_possible'
  | 'card_hash_with_mask'

/** Where in the definition the fault lies. */
export interface PolicyErrorPlace {
  /** Path inside the definition, for example `rules[2].pattern`. */
  readonly path?: string
  /** Offset in UTF-16 units inside the pattern's source. */
  readonly position?: number
  readonly cause?: unknown
}

/** A policy that cannot be compiled. The message names the fault and what is allowed, never a key or a listed value. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly code: PolicyErrorCode
  readonly path: string | undefined
  readonly position: number | undefined

  constructor(code: PolicyErrorCode, message: string, place: PolicyErrorPlace = {}) {
    const { path, position, cause } = place
    const where = path === undefined ? '' : `${path}: `
    const at = position === undefined ? '' : ` (at position ${position})`
    super(`${where}${message}${at}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.path = path
    this.position = position
  }

  /** The same fault, found further down in a definition: `prefix` is put before the path. */
  under(prefix: string): PolicyError {
    const path = this.path === undefined ? prefix : `${prefix}.${this.path}`
    return new PolicyError(this.code, this.#bareMessage(), {
      path,
      ...(this.position === undefined ? {} : { position: this.position }),
      cause: this.cause,
    })
  }

  #bareMessage(): string {
    const start = this.path === undefined ? 0 : this.path.length + 2
    const end = this.position === undefined ? 0 : ` (at position ${this.position})`.length
    return this.message.slice(start, this.message.length - end)
  }
}

/** What `read` gives; a fault that it finds is reported under a path. */
export function under<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof PolicyError ? error.under(path) : error
  }
}
