/** Random identifiers. The system is asked for many at once: one call for each took longer than anything else about it. */
import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(4_096)
let taken = pool.length

/** So many random bytes, in hexadecimal; at most 4,096. None is given twice. */
export function randomHex(bytes: number): string {
  if (taken + bytes > pool.length) {
    randomFillSync(pool)
    taken = 0
  }
  taken += bytes
  return pool.toString('hex', taken - bytes, taken)
}
