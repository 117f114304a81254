// JSON Web Tokens: RFC 7519 in the compact serializations of RFC 7515 (signed, or with the payload elsewhere) and RFC 7516
// (encrypted). Header and payload are JSON objects, so in base64 both begin like `{"`, perhaps with white space in it; once
// the second part shows what it is, the rest is swallowed up to the end of the token.
import type { Recognizer } from '../recognizer.ts'

/** `{"`, `{ `, and `{` before a line break. */
const OBJECT = '(?:eyJ|eyA|ewo|ew0K)'

export const jwt: Recognizer = {
  entity: 'JWT',
  patterns: [
    {
      source: `(?<![\\w-])${OBJECT}[\\w-]{8,}\\.(?:${OBJECT}[\\w-]{2}|[\\w-]{32}|\\.[\\w-]{16})`,
      score: 0.95,
      latch: { body: '[\\w.=-]', trailing: '[.]' },
    },
  ],
}
