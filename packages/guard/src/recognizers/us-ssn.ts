// US Social Security numbers. Areas 000, 666 and 900-999, group 00 and serial 0000 are never assigned
// (Social Security Administration, "Social Security Number Randomization", and POMS RM 10201.035). After a word they are
// found all the same: people mistype, and taxpayers without a number have one of area 900-999 (IRS, Publication 1915).
import type { Recognizer } from '../recognizer.ts'
import { METER_POINT } from './other-numbers.ts'

const AREA = '(?:00[1-9]|0[1-9]\\d|[1-57-8]\\d\\d|6[0-57-9]\\d|66[0-57-9])'
const GROUP = '(?:0[1-9]|[1-9]\\d)'
const SERIAL = '(?:000[1-9]|00[1-9]\\d|0[1-9]\\d\\d|[1-9]\\d{3})'
const DASHED = `${AREA}-${GROUP}-${SERIAL}`
const SPACED = `${AREA} ${GROUP} ${SERIAL}`
const DOTTED = `${AREA}\\.${GROUP}\\.${SERIAL}`

export const usSsn: Recognizer = {
  entity: 'US_SSN',
  lookalikes: [METER_POINT],
  context: ['ssn*', 'ss', 'social*', 'soc', 'socsec*', 'taxpayer*', 'itin', 'seguro'],
  patterns: [
    // With several in a row, nothing between them, as columns without a separator are copied.
    { source: `(?<![\\d.])(?:${DASHED})+(?!\\d)`, score: 0.85 },
    { source: `(?<![\\d.,+-])${SPACED}(?![\\w-])`, score: 0.85 },
    // Paths of pictures write 341.27 and .9083 like this, after a letter, a comma or another number.
    { source: `(?<![\\w.,+-])${DOTTED}(?![\\w-])`, score: 0.85 },
    {
      source: `(?<![\\d.])\\d{3}[ %.-]?${GROUP}[ %.-]?${SERIAL}(?!\\d)`,
      score: 0.05,
      contextScore: 0.6,
    },
  ],
}
