// International bank account numbers: ISO 13616-1. Check digits by MOD 97-10, on paper in groups of four (ISO 13616-1,
// section 5); what the account part looks like in each country is iban-registry.ts's.
import { mod97 } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'
import { hasCountryStructure, ibanLength } from './iban-registry.ts'

const BEFORE = '(?<![A-Za-z0-9])'
const AFTER = '(?![A-Za-z0-9])'
const LETTERS = '[A-Za-z]{2}\\d\\d'
const ANY = '[A-Za-z0-9]'

const ACCOUNT_WORDS = (
  'iban ibans account accounts bank konto kontonummer* kontonr bankverbindung* bankkonto* compte comptes cuenta* conto ' +
  'conta rekening* konta konto rachun* hesap hesab* tili tilinumero* ucet* uctu lucrat счет* счёт*'
).split(' ')

/** A percent escape, as a blank in a link is one, is read as `%`; forms write `+`. */
const SEPARATOR = '[ %+-]'
const IN_FOURS = /^\w{4}(?:\w+|(?:[ %+-]\w{4})+(?:[ %+-]\w{1,3})?)$/

export const ibanCode: Recognizer = {
  entity: 'IBAN_CODE',
  context: ACCOUNT_WORDS,
  patterns: [
    {
      source: `${BEFORE}${LETTERS}(?:${ANY}{11,30}|(?:${SEPARATOR}${ANY}{1,4}){3,8})${AFTER}`,
      score: 1,
      check: (value) => (isIban(value) && IN_FOURS.test(value) ? 1 : 0),
    },
    {
      // In groups of other lengths.
      source: `${BEFORE}[A-Za-z]{2}${SEPARATOR}?\\d\\d(?:${SEPARATOR}?${ANY}){11,30}${AFTER}`,
      score: 0.2,
      contextScore: 1,
      check: (value) => (isIban(value) ? 0.2 : 0),
    },
  ],
}

/** In one case throughout, and not in small letters alone: `Lv44 bank` and `lv44 bank item item item i` are prose. */
function isIban(value: string): boolean {
  // Nearly all that begins like an IBAN ends here, at little cost.
  const length = ibanLength(value)
  if (length === 0 || value.length < length || countCharacters(value) !== length) return false
  const written = value.replace(/[ %+-]/g, '')
  const iban = written.toUpperCase()
  const isLowerCase = written === written.toLowerCase()
  if (written !== iban && !(isLowerCase && /\d/.test(iban.slice(4)))) return false
  return hasCountryStructure(iban) && mod97(iban.slice(4) + iban.slice(0, 4)) === 1
}

function countCharacters(value: string): number {
  let count = 0
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i)
    if (!isSeparator(unit)) count += 1
  }
  return count
}

function isSeparator(unit: number): boolean {
  return unit === BLANK || unit === DASH || unit === PERCENT || unit === PLUS
}

const BLANK = 0x20
const PERCENT = 0x25
const PLUS = 0x2b
const DASH = 0x2d
