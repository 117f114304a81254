// Telephone numbers: ITU-T E.164 (up to 15 digits) in the ways E.123 and national habits write them. Only the form is
// looked at; which numbers are assigned is not checked, so that no table of numbering plans has to be shipped.
import { countDigits } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'
import { NUMBER_WORDS, OTHER_NUMBERS } from './other-numbers.ts'
import { PHONE_WORDS, VAGUE_PHONE_WORDS } from './phone-words.ts'

const EXTENSION = '(?: ?(?:x|ext\\.?|extension) ?\\d{1,6})?'

export const phoneNumber: Recognizer = {
  entity: 'PHONE_NUMBER',
  context: PHONE_WORDS,
  vague: [...NUMBER_WORDS, ...VAGUE_PHONE_WORDS],
  against: OTHER_NUMBERS,
  patterns: [
    {
      // +41 (0)96 471 07 95, +447700 921 916, 0049 30 123456
      source: `(?:(?<![\\w+])\\+|(?<![\\w+(])00)[1-9]\\d{0,2}[ .-]?(?:\\(\\d{1,4}\\)[ .-]?)?\\d(?:[ .-]?\\d){3,13}${EXTENSION}(?!\\d)`,
      score: 0.75,
      check: (value) => (hasDigits(value, 8, 16) ? 0.75 : 0),
    },
    {
      // 212-555-0123, (212) 555-0123, 1.212.555.0123 (North American Numbering Plan)
      source: `(?<![\\d.-])(?:1[ .-])?(?:\\([2-9]\\d\\d\\) ?|[2-9]\\d\\d[ .-])[2-9]\\d\\d[ .-]\\d{4}${EXTENSION}(?!\\d)`,
      score: 0.7,
    },
    {
      // 07700 063 966, 03.93.92.16.85, 0393 1144137: a trunk prefix and groups
      source: '(?<![\\d.,:/-])(?:\\(0\\d{1,4}\\)|(?<!\\()0\\d{1,4})(?:[ .-]\\d{2,8}){1,4}(?!\\d)',
      score: 0.4,
      contextScore: 0.65,
      check: (value) => (hasDigits(value, 9, 12) ? 0.4 : 0),
    },
    {
      // 9472 7916, 699 956 915, (99) 645-791: groups without any prefix
      source:
        '(?<![\\d.,:/-])(?:\\(\\d{2,4}\\) ?|\\d{2,4}[ .-])\\d{2,4}(?:[ .-]\\d{2,5}){0,3}(?!\\d)',
      score: 0.25,
      contextScore: 0.6,
      check: (value) => (hasDigits(value, 7, 12) ? 0.25 : 0),
    },
    { source: '(?<![\\w.,:/-])\\d{7,11}(?!\\d)', score: 0.1, contextScore: 0.55 },
  ],
}

function hasDigits(value: string, min: number, max: number): boolean {
  const count = countDigits(value)
  return count >= min && count <= max
}
