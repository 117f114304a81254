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

/** Enough for `strict` after the word for a thing. */
const ALONE = { score: 0.85, againstScore: 0.35 }

/** What such a number may be called, too; a mere number is not one of a thing. */
const PERSONS =
  'number numbers no nr num nummer numéro numero número ' +
  'tax taxid tin identification identity identifier national citizen citizens employee personnel payroll member ' +
  'patient applicant insured beneficiary medicare medicaid'

/** Words for things, whose numbers may be written alike. */
const THINGS =
  'sku skus part parts model models serial chassis article articles articolo articulo artikel item items product ' +
  'products produkt order orders invoice* ticket* tracking track parcel* shipment* waybill batch lot asset* docket* ' +
  'quote quotes reference references ref refs isbn upc ean version versions build builds revision* bestell* auftrag* ' +
  'rechnung* sendung* serien* pedido* factura* commande* facture* colis fattura* ordine matricola fatura* encomenda*'

export const usSsn: Recognizer = {
  entity: 'US_SSN',
  // Longer codes
  lookalikes: [METER_POINT, '\\d-\\d{3}-\\d\\d-\\d{4}', '\\d{3}-\\d\\d-\\d{4}-\\d'],
  context: ['ssn*', 'ss', 'social*', 'soc', 'socsec*', 'taxpayer*', 'itin', 'seguro'],
  hints: PERSONS.split(' '),
  against: THINGS.split(' '),
  patterns: [
    // With several in a row, nothing between them, as columns without a separator are copied.
    { source: `(?<![A-Za-z0-9.])(?:${DASHED})+(?![A-Za-z0-9])`, ...ALONE },
    { source: `(?<![\\d.,+-])${SPACED}(?![\\w-])`, ...ALONE },
    // Paths of pictures write 341.27 and .9083 like this, after a letter, a comma or another number.
    { source: `(?<![\\w.,+-])${DOTTED}(?![\\w-])`, ...ALONE },
    {
      source: `(?<![\\d.])\\d{3}[ %.-]?${GROUP}[ %.-]?${SERIAL}(?!\\d)`,
      score: 0.05,
      contextScore: 0.6,
    },
  ],
}
