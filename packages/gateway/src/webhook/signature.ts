/** The signature of a webhook delivery: made by webhook-sender.ts, checked by whoever receives. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** What is signed and with what. */
export interface SignedDelivery {
  readonly secret: string
  /** The header `sluice-timestamp`: seconds since the epoch. */
  readonly timestamp: string
  /** The body, byte for byte as it came. */
  readonly body: string | Uint8Array
}

/** A delivery to verify. */
export interface Delivery extends SignedDelivery {
  /** The header `sluice-signature`. */
  readonly signature: string
  /** How old, or how far ahead, the timestamp may be. Default 300. */
  readonly toleranceSeconds?: number
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number
}

/** `v1=` and the hexadecimal HMAC-SHA256 of timestamp, full stop and body. */
export function signatureOf({ secret, timestamp, body }: SignedDelivery): string {
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
  return `v1=${digest}`
}

/** Whether the delivery was signed with the secret, recently: an old one may be a replay. Never throws. */
export function verifySignature({
  signature,
  toleranceSeconds = 300,
  now = Date.now,
  ...signed
}: Delivery): boolean {
  if (!/^\d{1,12}$/.test(signed.timestamp)) return false
  const ageSeconds = now() / 1_000 - Number(signed.timestamp)
  if (Math.abs(ageSeconds) > toleranceSeconds) return false
  const expected = Buffer.from(signatureOf(signed))
  const actual = Buffer.from(signature)
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
