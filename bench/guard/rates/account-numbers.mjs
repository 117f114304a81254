// Card numbers and IBANs with valid check digits, of every network and every country.
import { digits, letters, pick } from '../random.mjs'

/** @typedef {import('../random.mjs').Random} Random */

/**
 * Leading digits and lengths: ISO/IEC 7812 ranges as the networks publish them.
 * @type {Record<string, { prefixes: readonly string[], lengths: readonly number[] }>}
 */
const NETWORKS = {
  Visa: { prefixes: ['4'], lengths: [13, 16, 16, 16, 19] },
  Mastercard: { prefixes: ['51', '52', '53', '54', '55', '2221', '2500', '2720'], lengths: [16] },
  'American Express': { prefixes: ['34', '37'], lengths: [15] },
  Discover: { prefixes: ['6011', '644', '649', '65'], lengths: [16, 19] },
  'Diners Club': { prefixes: ['300', '305', '3095', '36', '38', '39'], lengths: [14] },
  JCB: { prefixes: ['3528', '3550', '3589'], lengths: [16] },
  UnionPay: { prefixes: ['62'], lengths: [16, 17, 18, 19] },
}

/** Networks whose numbers look like any other number: found beside a word alone. @type {typeof NETWORKS} */
const NETWORKS_NEEDING_A_WORD = {
  Maestro: {
    prefixes: ['5018', '5020', '5038', '6304', '6759', '6761'],
    lengths: [12, 13, 16, 19],
  },
  UATP: { prefixes: ['1'], lengths: [15] },
}

/** @param {string} payload without the check digit */
function luhnDigit(payload) {
  let sum = 0
  for (let i = 0; i < payload.length; i += 1) {
    const digit = Number(payload[payload.length - 1 - i]) * (i % 2 === 0 ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return String((10 - (sum % 10)) % 10)
}

/** Grouped as printed on the card: 4-6-5 and 4-6-4 for 15 and 14 digits, else fours. @param {string} number @param {string} separator */
function grouped(number, separator) {
  const groups =
    number.length === 15 || number.length === 14
      ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)]
      : (number.match(/.{1,4}/g) ?? [])
  return groups.join(separator)
}

/** @param {Random} random */
function cardOf(random, networks = NETWORKS) {
  const { prefixes, lengths } = pick(random, Object.values(networks))
  const prefix = pick(random, prefixes)
  const payload = prefix + digits(random, pick(random, lengths) - prefix.length - 1)
  return grouped(payload + luhnDigit(payload), pick(random, ['', '', ' ', '-']))
}

/** @param {Random} random */
export const card = (random) => cardOf(random)
/** @param {Random} random */
export const cardNeedingAWord = (random) => cardOf(random, NETWORKS_NEEDING_A_WORD)

/** The account part by country: n digits, a upper-case letters, c either (SWIFT IBAN Registry). */
const ACCOUNT_PARTS =
  'AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n ' +
  'CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n ' +
  'GI4a15c GL14n GR7n16c GT4c20c HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c ' +
  'KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD2c18c ME18n MK3n10c2n ' +
  'MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c ' +
  'RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n ' +
  'TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n YE4a4n18c'
const COUNTRIES = ACCOUNT_PARTS.split(' ')
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const ALPHABETS = { n: '0123456789', a: UPPER, c: `0123456789${UPPER}` }

/** Check digits by ISO 7064 mod 97-10. @param {string} country @param {string} account */
function ibanCheck(country, account) {
  const number = `${account}${country}00`.replace(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 55),
  )
  return String(98n - (BigInt(number) % 97n)).padStart(2, '0')
}

/** @param {Random} random */
export function iban(random) {
  const structure = pick(random, COUNTRIES)
  const country = structure.slice(0, 2)
  let account = ''
  for (const [, length, kind] of structure.slice(2).matchAll(/(\d+)([nac])/g)) {
    account += letters(random, Number(length), ALPHABETS[/** @type {'n' | 'a' | 'c'} */ (kind)])
  }
  const whole = country + ibanCheck(country, account) + account
  return random(2) === 0 ? whole : (whole.match(/.{1,4}/g) ?? []).join(' ')
}
