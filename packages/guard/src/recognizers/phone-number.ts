// Telephone numbers: ITU-T E.164 (up to 15 digits behind `+` or an exit code) in the ways E.123 and national habits write
// them. International numbers stand alone; national ones need the shape of North America, or words before them.
// Which numbers are assigned is not checked: a table of calling codes and lengths is all that is shipped.
import { digitsOf } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'
import {
  METER_POINT,
  OTHER_NUMBERS,
  PAYMENT_SLIP,
  SHIPPING_UNIT,
  UPS_PARCEL,
} from './other-numbers.ts'
import {
  isDialledAbroad,
  isGroupedNational,
  isInternational,
  isNational,
  isNorthAmerican,
  isPlain,
  isRegistryNumber,
  isTypicalNational,
  mayBeInternational,
} from './phone-shape.ts'
import { PHONE_HINTS, PHONE_WORDS } from './phone-words.ts'

/** What may stand between two digits; in links each of these is a percent escape, which is read as `%`. */
const BETWEEN = '(?:[ .\\/()-]{0,3}|%{1,2})'
/** What a number may not go on with: `_` may be a mark of Markdown. */
const AFTER = '(?![A-Za-z0-9])'
const EXTENSION = '(?:,? ?(?:x|ext\\.?|extension|#) ?\\d{1,6})?'
const AREA = '[2-9]\\d\\d'

function northAmerican(separator: string): string {
  const last = separator === ' ' ? '[ -]' : separator
  return `(?:1${separator})?${AREA}${separator}[2-9]\\d\\d${last}\\d{4}`
}

/** Forms of numbers that are as particular as those of North America. */
const NATIONAL_FORMS = [
  // Great Britain (Ofcom, National Telephone Numbering Plan)
  '02\\d \\d{4} \\d{4}',
  '0(?:1\\d1|11\\d) \\d{3} \\d{4}',
  '07\\d{3} (?:\\d{6}|\\d{3} \\d{3})',
  // France (Arcep, plan national de numérotation)
  '0[1-9](?:\\.\\d\\d){4}',
  // Mobiles of Turkey, Japan and Korea
  '05\\d\\d \\d{3} \\d\\d \\d\\d',
  '0[1789]0-\\d{4}-\\d{4}',
]

const BEYOND_ASCII = '\\u00c0-\\u052f'
const LETTER = `A-Za-z${BEYOND_ASCII}`

const BYTE = '[0-9A-Fa-f]{2}'
const LETTERS = '[A-Fa-f]{2}'
const MIXED = '(?:\\d[A-Fa-f]|[A-Fa-f]\\d)'
const MIXED_FOUR = '(?:\\d[0-9A-Fa-f]{2}[A-Fa-f]|[A-Fa-f][0-9A-Fa-f]{2}\\d)'
/** Bytes in hexadecimal, or pairs of them, of which some in a row have no letter; but what is around them has. */
const DUMPS = [
  `(?<!\\w)${BYTE} ${MIXED}(?: \\d\\d)+(?!\\w)`,
  `(?<!\\w)(?:\\d\\d )+${MIXED} ${BYTE}(?!\\w)`,
  `(?<!\\w)${BYTE} ${LETTERS}(?: \\d\\d)+ (?:${LETTERS}|${MIXED})(?!\\w)`,
  `(?<!\\w)(?:${MIXED_FOUR}(?: \\d{4})+|(?:\\d{4} )+${MIXED_FOUR})(?!\\w)`,
]

export const phoneNumber: Recognizer = {
  entity: 'PHONE_NUMBER',
  lookalikes: [...DUMPS, SHIPPING_UNIT, UPS_PARCEL, METER_POINT, PAYMENT_SLIP],
  context: PHONE_WORDS,
  hints: PHONE_HINTS,
  against: OTHER_NUMBERS,
  patterns: [
    {
      // +41 (0)96 471 07 95, +447700 921 916, (+44) 20 7946 0000, +49/30/123456
      source: `(?<![\\w+])\\(?\\+ ?\\(?[1-9](?:${BETWEEN}\\d){6,16}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.75,
      check: internationalScore,
    },
    {
      // +1.4155550123 (RFC 5733, section 2.5)
      source: '(?<![\\w+])\\+\\d{1,3}\\.\\d{4,14}(?![\\w.])',
      score: 0.1,
      contextScore: 0.65,
      check: (value) => (isRegistryNumber(value) ? 0.1 : 0),
    },
    {
      // 0049 30 123456, 011 44 20 7946 0000: the exit codes of most countries and of North America
      source: `(?<![\\w+./-])\\(?(?:00|011)[ .-]?[1-9](?:${BETWEEN}\\d){6,16}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.6,
      againstScore: 0.35,
      check: (value) => (isDialledAbroad(value) ? 0.6 : 0),
    },
    {
      // (212) 555-0123 (North American Numbering Plan)
      source: `(?<![\\w.+-])(?:1[ .-]?)?\\(${AREA}\\) ?[2-9]\\d\\d[ .-]?\\d{4}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.7,
    },
    {
      // 212-555-0123, 212 555-0123, 1.212.555.0123: the separators of a number do not change, as those of a vector do
      source: `(?<![\\w.+-])(?:${['-', '\\.', ' '].map(northAmerican).join('|')})${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.7,
      againstScore: 0.35,
      check: (value) => (isNorthAmerican(value) ? 0.7 : 0.35),
    },
    {
      // 07700 063 966, (0171) 123456, 0393-1144137: a trunk prefix
      source: `(?<![\\w.+/-])\\(?0[1-9](?:${BETWEEN}\\d){7,10}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.35,
      hintScore: 0.6,
      againstScore: 0.1,
      check: (value) => (isTypicalNational(value) ? 0.35 : 0),
    },
    {
      // 07700 900913, 01.42.68.53.00: behind the prefix of a plan, in the groups that it is written in
      source: `(?<![\\w.,+/-])(?:${NATIONAL_FORMS.join('|')})(?![\\w-])`,
      score: 0.55,
      hintScore: 0.6,
      againstScore: 0.1,
    },
    {
      // 612 34 56 78: pairs behind what mobile numbers begin with in many plans
      source: '(?<![\\w.,:+/-])[6-9]\\d\\d(?: \\d\\d){3}(?!\\w)',
      score: 0.35,
      hintScore: 0.6,
      againstScore: 0.1,
    },
    {
      // 4155550123 (North American Numbering Plan), 612345678, 9876543210, 3391234567, 11987654321 (mobiles of many plans)
      source: `(?<![\\w.+/-])(?:1?${AREA}[2-9]\\d{6}|[5-9]\\d{8}|(?:[6-9]\\d|3[2-9])\\d{8}|1[3-9]\\d{9}|[1-9][1-9]9\\d{8})${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.1,
      hintScore: 0.6,
      check: (value) => (isPlain(value) ? 0.1 : 0),
    },
    {
      // 98765 43210, (11) 96123-4567, 8 912 345-67-89
      source: `(?<![\\w.+/-])\\(?\\d(?:${BETWEEN}\\d){8,10}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.1,
      hintScore: 0.6,
      check: (value) => (isGroupedNational(value) ? 0.1 : 0),
    },
    {
      // 9472 7916, 8 (912) 345-67-89, (0-612) 34567, 98765 43210, and the rest of Tel.030/1234567 and Tel-030/1234567, with
      // dot and dash, but not behind a letter that may be a hexadecimal digit
      source: `(?:(?<![\\w.+/-])|(?<=[${LETTER}])\\.|(?<=[G-Zg-z${BEYOND_ASCII}])-)\\(?\\d(?:${BETWEEN}\\d){5,14}${EXTENSION}${AFTER}`,
      flags: 'i',
      score: 0.1,
      contextScore: 0.65,
      check: (value) => (isNational(value.replace(/^[.-]/, '')) ? 0.1 : 0),
    },
    {
      // A link that opens a chat (WhatsApp, "click to chat")
      source: '(?<![A-Za-z0-9])wa\\.me/[%+]?[1-9]\\d{6,14}(?![A-Za-z0-9])',
      flags: 'i',
      score: 0.75,
      check: (value) => (isInternational(`+${digitsOf(value)}`) ? 0.75 : 0),
    },
  ],
}

function internationalScore(value: string): number {
  if (isInternational(value)) return 0.75
  return mayBeInternational(value) ? 0.1 : 0
}
