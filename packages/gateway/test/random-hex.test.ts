// Identifiers: of the length that was asked for, and none twice, also where the pool is filled again.
import { expect, it } from 'vitest'
import { randomHex } from '../src/random-hex.ts'

it('gives so many bytes in hexadecimal, and none twice', () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => randomHex(15 + (i % 3)))
  expect(ids.every((id, i) => id.length === 2 * (15 + (i % 3)) && /^[0-9a-f]+$/.test(id))).toBe(
    true,
  )
  expect(new Set(ids.map((id) => id.slice(0, 30))).size).toBe(ids.length)
})
