// International bank account numbers: ISO 13616-1, lengths by country as in the SWIFT IBAN registry (release 99),
// check digits by MOD 97-10.
import { mod97 } from '../checksum.ts'
import type { Recognizer } from '../recognizer.ts'

const REGISTRY =
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 ' +
  'DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 ' +
  'IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 ' +
  'MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 ' +
  'SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
/** By the two letters of the country; 0 where there is none. */
const LENGTHS = new Uint8Array(26 * 26)
for (const entry of REGISTRY.split(' ')) LENGTHS[countryOf(entry)] = Number(entry.slice(2))

export const ibanCode: Recognizer = {
  entity: 'IBAN_CODE',
  patterns: [
    {
      source: '(?<![A-Za-z0-9])[A-Za-z]{2}\\d\\d(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])',
      score: 1,
      check: (value) => (isIban(value) ? 1 : 0),
    },
  ],
}

/** The number of the country whose code a text begins with, in upper or lower case. */
function countryOf(text: string): number {
  const first = (text.charCodeAt(0) | 0x20) - 0x61
  const second = (text.charCodeAt(1) | 0x20) - 0x61
  return first * 26 + second
}

function isIban(value: string): boolean {
  const length = LENGTHS[countryOf(value)] ?? 0
  if (length === 0 || value.length < length || countAlphanumerics(value) !== length) return false
  const iban = value.replace(/[ -]/g, '').toUpperCase()
  return mod97(iban.slice(4) + iban.slice(0, 4)) === 1
}

/** The pattern lets nothing else through than letters, digits, spaces and hyphens. */
function countAlphanumerics(value: string): number {
  let count = 0
  for (let i = 0; i < value.length; i += 1) if (value.charCodeAt(i) > 0x2d) count += 1
  return count
}
