/** Why a detector could not judge a text. The cause is for the log; it never says what the text was. */

export type FailureReason =
  | 'timeout'
  | 'queue_full'
  | 'breaker_open'
  | 'unreachable'
  | 'invalid_answer'
  /** It cannot work here: its model or a package is missing. */
  | 'unusable'

export class DetectorFailure extends Error {
  override readonly name = 'DetectorFailure'
  readonly reason: FailureReason

  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
