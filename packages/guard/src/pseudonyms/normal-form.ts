// When two spellings are one value: what a stand-in is derived from. Spellings that mean different things must differ here,
// since whoever reads the answer gets the first of them back.
import { foldIdentifiers } from '../fold.ts'

/** Written with all kinds of separators, or none. */
const DIGITS_ONLY = new Set(['PHONE_NUMBER', 'CREDIT_CARD', 'US_SSN', 'UK_NHS'])
/** The same with letters, of which case does not matter. */
const LETTERS_AND_DIGITS = new Set(['IBAN_CODE'])
/** Case does not matter. */
const CASELESS = new Set(['EMAIL_ADDRESS', 'IP_ADDRESS', 'DATE_OF_BIRTH'])
/** Neither do case and accents. */
const NAMES = new Set(['PERSON', 'LOCATION'])

/** A value of an entity in the form that all its spellings share; never empty, unless the value is. */
export function normalForm(entity: string, value: string): string {
  const folded = foldIdentifiers(value).trim().replace(/\s+/g, ' ')
  const form = formOf(entity, folded)
  return form === '' ? value : form
}

function formOf(entity: string, folded: string): string {
  if (DIGITS_ONLY.has(entity)) return folded.replace(/\D/g, '')
  if (LETTERS_AND_DIGITS.has(entity)) return folded.replace(/[^A-Za-z\d]/g, '').toUpperCase()
  if (CASELESS.has(entity)) return folded.toLowerCase()
  if (NAMES.has(entity)) return folded.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return folded
}
