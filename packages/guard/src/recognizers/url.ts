// Web addresses with a scheme, RFC 3986: shown as a label from the first character of the host on, since a query can
// be longer than anyone would wait for.
import type { Recognizer } from '../recognizer.ts'

export const url: Recognizer = {
  entity: 'URL',
  patterns: [
    {
      source: '(?<![A-Za-z0-9])(?:https?|ftp|wss?):\\/\\/[^\\s<>"\'`{}|\\\\^.,;:!?()\\[\\]*]',
      flags: 'i',
      score: 0.6,
      latch: {
        body: '[^\\s<>"`{}|\\\\^]',
        trailing: "[.,;:!?()\\[\\]*']",
      },
    },
  ],
}
