// E-mail addresses, RFC 5321 section 4.1.2 in the forms that are in use: no quoted local parts, no address literals;
// letters of the Latin, Greek and Cyrillic scripts as RFC 6531 allows them.
import type { Recognizer } from '../recognizer.ts'

const LETTER = 'A-Za-z0-9\\u00c0-\\u024f\\u0370-\\u052f'

export const emailAddress: Recognizer = {
  entity: 'EMAIL_ADDRESS',
  patterns: [
    {
      // Starting where a word starts and not at each of its letters saves the automaton a thread for each letter.
      source: `(?<![${LETTER}_%+])[${LETTER}_%+][${LETTER}_.%+-]*@(?:[${LETTER}-]+\\.)+(?:[A-Za-z\\u00c0-\\u024f\\u0370-\\u052f]{2,24}|xn--[a-z0-9-]{2,59})(?![A-Za-z])`,
      score: 1,
    },
  ],
}
