// Web addresses with a scheme (RFC 3986) or with the host name `www`: shown as a label from the first character of the
// host on, since a query can be longer than anyone would wait for. They end before letters of scripts that are written
// without blanks, since a sentence goes on there, and before the punctuation of the sentence.
import type { Recognizer } from '../recognizer.ts'

/** Chinese, Japanese and Korean: their letters, marks and punctuation. */
const CJK = '\\u2e80-\\u9fff\\uac00-\\ud7ff\\uf900-\\ufaff\\ufe30-\\ufe4f'
const CLOSING = '\\u00bb\\u2014\\u2015\\u2018-\\u201f\\u2026\\u2039\\u203a'
const NEVER = `\\s<>"\`{}|\\\\^${CJK}${CLOSING}`
const TRAILING = "[.,;:!?()\\[\\]*_~']"
const LATCH = { body: `[^${NEVER}]`, trailing: TRAILING, opening: '[(\\[]', closing: '[)\\]]' }

/** Labels of a host name in these scripts, each with its dot. */
const LABELS = `(?:[${CJK}]+\\.)*`

export const url: Recognizer = {
  entity: 'URL',
  patterns: [
    {
      source: `(?<![A-Za-z0-9])(?:https?|ftp|wss?):\\/\\/${LABELS}(?:[^${NEVER}.,;:!?()\\[\\]*_~']|[${CJK}]+(?![${CJK}.]))`,
      flags: 'i',
      score: 0.6,
      latch: LATCH,
    },
    {
      source: '(?<![A-Za-z0-9.@/-])www\\.[A-Za-z0-9-]{1,63}\\.[A-Za-z]',
      flags: 'i',
      score: 0.6,
      latch: LATCH,
    },
  ],
}
