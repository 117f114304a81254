// Private keys in textual encoding: RFC 7468 (PEM) with the headers of RFC 1421, OpenSSH, ssh.com, PGP armour (RFC 9580,
// section 6) and PuTTY's files (PPK, versions 2 and 3). A key is found in whatever wraps its lines, and as links and forms
// encode it; a header that no line follows is a mere mention.
import type { Recognizer } from '../recognizer.ts'

/** Percent escapes are read as `%`, so `%20` is what was encoded twice. Forms write `+` for a blank. */
const SPACE = '(?: {1,3}|[%+_]|%20|&nbsp;)'
/** Word processors make one dash of two. */
const DASHES = '[%\\u2013\\u2014-]{2,5}'
const KIND = `(?:[A-Z0-9-]{1,10}${SPACE}){0,3}PRIVATE${SPACE}KEY(?:${SPACE}BLOCK)?`
const STATIC_KEY = `OpenVPN${SPACE}Static${SPACE}key${SPACE}V1`
const BASE64 = '[A-Za-z0-9+\\/%]'

/** A line that says which of the two it is. */
function mark(word: 'BEGIN' | 'END', kind: string): string {
  return `${DASHES}${SPACE}?${word}${SPACE}${kind}${SPACE}?${DASHES}(?!-)`
}

export const privateKey: Recognizer = {
  entity: 'PRIVATE_KEY',
  patterns: [
    {
      source: `${mark('BEGIN', KIND)}|PuTTY-User-Key-File-\\d: `,
      flags: 'i',
      score: 1,
      armor: {
        lines: [
          { source: `${BASE64}{16,}={0,2}`, check: likenessToBase64 },
          // A short line, or one of a key that is folded into short ones.
          { source: `(?<=[\\n\\r])[ \\t]*${BASE64}{4,}={0,2}[ \\t]*(?=[\\n\\r])` },
        ],
        until: `${mark('END', KIND)}|Private-MAC: [0-9a-f]{40,64}(?![0-9a-f])`,
      },
    },
    {
      // Hexadecimal numbers (OpenVPN, "Static key mini-HOWTO")
      source: mark('BEGIN', STATIC_KEY),
      flags: 'i',
      score: 1,
      armor: {
        lines: [{ source: '(?<![A-Za-z0-9])[0-9A-Fa-f]{32}(?![A-Za-z0-9])', check: () => 1 }],
        until: mark('END', STATIC_KEY),
      },
    },
  ],
}

/**
 * Of base64 two letters in five are small, and fewer where a key begins. Of paths, words and names in camelCase, most
 * are; rulers of slashes and decimal numbers have no capital.
 */
function likenessToBase64(value: string): number {
  let small = 0
  let hasCapital = false
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i)
    if (unit >= SMALL_A) small += 1
    else if (unit >= CAPITAL_A) hasCapital = true
  }
  return hasCapital && small <= value.length * MOST_SMALL ? 1 : 0
}

const SMALL_A = 0x61
const CAPITAL_A = 0x41
const MOST_SMALL = 0.6
