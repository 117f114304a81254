// JSON Web Tokens: RFC 7519 in the compact serialization of RFC 7515. Header and payload are JSON objects, so in base64
// both begin with `eyJ`; once the second does, the rest is swallowed up to the end of the token.
import type { Recognizer } from '../recognizer.ts'

export const jwt: Recognizer = {
  entity: 'JWT',
  patterns: [
    {
      source: '(?<![\\w-])eyJ[\\w-]{8,}\\.eyJ[\\w-]{2}',
      score: 0.95,
      latch: { body: '[\\w.-]', trailing: '[.]' },
    },
  ],
}
