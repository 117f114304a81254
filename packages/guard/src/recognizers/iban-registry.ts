// How the account part of an IBAN is made up in each country: SWIFT, "IBAN Registry", release 99 (BBAN structure).

/**
 * By country code: the account part in the registry's notation, where `n` is a digit, `a` a capital, `c` either, each
 * after how many of them there are.
 */
const STRUCTURES =
  'AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c ' +
  'CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n ' +
  'FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT24c HN4a20n HR17n HU24n IE4a14n IL19n ' +
  'IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c ' +
  'LV4a13c LY21n MC10n11c2n MD20c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n ' +
  'NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c ' +
  'SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c ' +
  'VA18n VG4a16n XK16n YE4a4n18c'

const LETTERS = 32

const ACCOUNTS: ReadonlyMap<string, RegExp> = new Map(
  STRUCTURES.split(' ').map((entry) => [entry.slice(0, 2), accountPattern(entry.slice(2))]),
)

/** By country, as a number: how long its IBANs are, check digits and all. */
const LENGTHS = new Uint8Array(LETTERS * LETTERS)
for (const entry of STRUCTURES.split(' ')) LENGTHS[countryOf(entry)] = lengthOf(entry.slice(2))

/** How long an IBAN is that begins with a country's two letters, in either case; 0 if the country has none. */
export function ibanLength(value: string): number {
  return LENGTHS[countryOf(value)] ?? 0
}

function countryOf(value: string): number {
  return letterAt(value, 0) * LETTERS + letterAt(value, 1)
}

/** The five lower bits of a letter are its place in the alphabet. */
function letterAt(value: string, at: number): number {
  return value.charCodeAt(at) & (LETTERS - 1)
}

function lengthOf(structure: string): number {
  const counts = structure.match(/\d+/g) ?? []
  return counts.reduce((sum, count) => sum + Number(count), 'GB00'.length)
}

/** Whether an IBAN in capitals and digits alone is made up as its country says; the check digits are not looked at. */
export function hasCountryStructure(iban: string): boolean {
  return ACCOUNTS.get(iban.slice(0, 2))?.test(iban.slice(4)) === true
}

function accountPattern(structure: string): RegExp {
  const source = structure
    .replace(/(\d+)n/g, '[0-9]{$1}')
    .replace(/(\d+)a/g, '[A-Z]{$1}')
    .replace(/(\d+)c/g, '[A-Z0-9]{$1}')
  return new RegExp(`^${source}$`)
}
