// Which card networks issue which numbers: issuer prefixes and lengths as the networks publish them, collected in
// "Payment card number" (Wikipedia, table of issuer identification numbers, 2026), prefixes cut to four digits.

/** Prefixes and ranges of prefixes, then lengths. One that stands alone is recognized wherever it is written. */
const NETWORKS: readonly (readonly [prefixes: string, lengths: string])[] = [
  ['4', '13 16 19'], // Visa
  ['51-55 2221-2720', '16'], // Mastercard
  ['34 37', '15'], // American Express
  ['300-305 3095 36 38-39', '14 16-19'], // Diners Club
  ['6011 644-649 65', '16-19'], // Discover
  ['3528-3589', '16-19'], // JCB
  ['2131 1800', '15'], // JCB, legacy
  ['62 81', '16-19'], // UnionPay
  ['31', '19'], // China T-Union
  ['60 65 81-82 508 353 356', '16'], // RuPay
  ['5018 5020 5038 5893 6304 6759 6761-6763', '16 18 19'], // Maestro
  ['6333-6334 6767', '16 18 19'], // Solo, Switch
  ['5019', '16'], // Dankort
  ['2200-2204', '16-19'], // Mir
  ['2205', '16'], // Borica
  ['65 9792', '16'], // Troy
  ['5060-5061 5078-5079', '16 18 19'], // Verve
  ['5041 5066-5067 5090 6277 6362-6363', '16'], // Elo
  ['6062', '16'], // Hipercard
  ['636-639', '16'], // InterPayment, InstaPayment
  ['8600 5614 9860', '16'], // UzCard, Humo
  ['9704', '16 19'], // Napas
]

/** Ranges so wide that other numbers fall into them, too: these need a word. */
const WIDE: readonly (readonly [prefixes: string, lengths: string])[] = [
  ['50 56-69', '12-19'], // Maestro
  ['1', '15'], // UATP (Universal Air Travel Plan)
]

const PREFIX_DIGITS = 4

const ISSUED = lengthsByPrefix(NETWORKS)
const MAY_BE_ISSUED = lengthsByPrefix(WIDE)

/** Whether a network is known to issue numbers of that beginning and length. */
export function isIssued(digits: string): boolean {
  return isIn(ISSUED, digits)
}

/** Whether one of the networks with wide ranges may have issued a number. */
export function mayBeIssued(digits: string): boolean {
  return isIn(ISSUED, digits) || isIn(MAY_BE_ISSUED, digits)
}

function isIn(lengths: Uint32Array, digits: string): boolean {
  let prefix = 0
  for (let i = 0; i < PREFIX_DIGITS; i += 1) prefix = prefix * 10 + digits.charCodeAt(i) - ZERO
  return (((lengths[prefix] ?? 0) >> digits.length) & 1) === 1
}

const ZERO = 0x30

/** By the first four digits: a bit for each length. */
function lengthsByPrefix(networks: readonly (readonly [string, string])[]): Uint32Array {
  const bits = new Uint32Array(10 ** PREFIX_DIGITS)
  for (const [prefixes, lengths] of networks) {
    const ofNetwork = rangesOf(lengths)
      .flatMap(numbersIn)
      .reduce((sum, n) => sum | (1 << n), 0)
    for (const [first, last, digits] of rangesOf(prefixes)) {
      const scale = 10 ** (PREFIX_DIGITS - digits)
      for (let prefix = first * scale; prefix < (last + 1) * scale; prefix += 1) {
        bits[prefix] = (bits[prefix] ?? 0) | ofNetwork
      }
    }
  }
  return bits
}

/** `2-4 7` as ranges with the number of digits they are written in. */
function rangesOf(list: string): (readonly [first: number, last: number, digits: number])[] {
  return list.split(' ').map((item) => {
    const [first = '', last = first] = item.split('-')
    return [Number(first), Number(last), first.length]
  })
}

function numbersIn([first, last]: readonly [number, number, number]): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
