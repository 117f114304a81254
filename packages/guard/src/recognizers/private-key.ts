// Private keys in textual encoding: RFC 7468 (PEM) and the headers of RFC 1421, OpenSSH and PGP armour included. From
// the first line on everything is swallowed up to the end line, or to a character that no such block contains.
import type { Recognizer } from '../recognizer.ts'

export const privateKey: Recognizer = {
  entity: 'PRIVATE_KEY',
  patterns: [
    {
      source: '-----BEGIN (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----',
      score: 1,
      latch: {
        body: '[A-Za-z0-9+\\/=\\s\\\\:,.()@<>_-]',
        until: '-----END (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----',
      },
    },
  ],
}
