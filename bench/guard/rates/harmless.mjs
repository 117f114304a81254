// Random values that are nobody's: numbers, codes and dates as they stand in answers, logs and data. Each kind says which
// share of its texts may be altered at most.
import { digits, letters, padded, pick } from '../random.mjs'

const HEX = '0123456789abcdef'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const BASE64 = `${UPPER}${UPPER.toLowerCase()}0123456789+/`
const MONTHS = ['January', 'March', 'May', 'June', 'August', 'October', 'December']

/** @typedef {import('../random.mjs').Random} Random */
/**
 * @typedef {object} HarmlessKind
 * @property {string} kind
 * @property {number} standard the greatest share of texts that policy `standard` may alter
 * @property {number | undefined} strict the same for `strict`; undefined where nothing is demanded
 * @property {(random: Random) => string} make
 */

/** Uniform in [0, 1) with all the digits of a double. @param {Random} random */
const fraction = (random) => (random(2 ** 21) * 2 ** 32 + random(2 ** 32)) / 2 ** 53

/** @param {Random} random */
function float(random) {
  const value = (fraction(random) - 0.5) * 10 ** random(4)
  const text = random(3) === 0 ? value.toFixed(2 + random(14)) : String(value)
  return random(6) === 0 && value > 0 ? `+${text}` : text
}

/** @param {Random} random */
function vector(random) {
  const isSingle = random(2) === 0
  const values = Array.from({ length: 16 + random(48) }, () => {
    const value = (fraction(random) - 0.5) * 0.2
    return isSingle ? Math.fround(value) : value
  })
  return JSON.stringify(random(2) === 0 ? values : { index: random(9), embedding: values })
}

/** @param {Random} random */
function coordinates(random) {
  const places = 4 + random(11)
  const latitude = (fraction(random) * 180 - 90).toFixed(places)
  const longitude = (fraction(random) * 360 - 180).toFixed(places)
  return pick(random, [
    `The depot is at ${latitude}, ${longitude}.`,
    `{"lat":${latitude},"lng":${longitude}}`,
    `POINT(${longitude} ${latitude})`,
    `geo:${latitude},${longitude}`,
  ])
}

/** @param {Random} random */
function svgPath(random) {
  const point = () => (fraction(random) * 900 - 100).toFixed(random(6))
  const step = () => `${pick(random, ['L', 'l', 'C', 'q', 'a', ' '])}${point()} ${point()}`
  const steps = Array.from({ length: 6 + random(20) }, step).join('')
  return `<path d="M${point()},${point()}${steps}z"/>`
}

/** @param {Random} random */
function uuid(random) {
  const hex = letters(random, 32, HEX)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, hex.slice(16, 20)]
  const value = [...parts, hex.slice(20)].join('-')
  return pick(random, [
    value,
    `session ${value} was opened`,
    `"id":"${value.toUpperCase()}"`,
    `/v1/calls/${value}/hold`,
  ])
}

/** @param {Random} random */
function epoch(random) {
  const seconds = String(1_500_000_000 + random(400_000_000))
  const value = seconds + digits(random, pick(random, [0, 3, 6]))
  return pick(random, [
    `trace ${value} closed`,
    `{"created":${value}}`,
    `ts=${value}`,
    `called at ${value}`,
    `It was written at ${value}, two retries later.`,
  ])
}

/** @param {Random} random */
function digest(random) {
  const value = pick(random, [
    letters(random, 64, HEX),
    letters(random, 40, HEX),
    letters(random, 32, HEX.toUpperCase()),
    `0x${letters(random, 8, HEX)}`,
    `${letters(random, 42, BASE64)}==`,
    Array.from({ length: 8 + random(16) }, () => letters(random, 2, '00123456789abcdef')).join(' '),
    Array.from({ length: 8 }, () => letters(random, 4, '000123456789abcdef')).join(' '),
  ])
  return pick(random, [
    value,
    `sha256:${value}`,
    `The checksum is ${value}.`,
    `integrity="${value}"`,
    `#define MASK ${value}`,
  ])
}

/** @param {Random} random */
function date(random) {
  const year = String(1995 + random(40))
  const month = padded(random, [1, 12])
  const day = padded(random, [1, 28])
  const time = `${padded(random, [0, 23])}:${padded(random, [0, 59])}:${padded(random, [0, 59])}`
  return pick(random, [
    `${day}.${month}.${year}`,
    `${month}/${day}/${year}`,
    `${day}-${month}-${year}`,
    `${year}-${month}-${day}`,
    `${year}/${month}/${day} ${time}`,
    `${year}-${month}-${day}T${time}.${digits(random, 3)}Z`,
    `${year}${month}${day}${time.replaceAll(':', '')}`,
    `${Number(day)} ${pick(random, MONTHS)} ${year}`,
    `${year}-${Number(year) + 3}`,
  ])
}

/** @param {Random} random */
function dated(random) {
  const value = date(random)
  return pick(random, [
    `We are back on ${value}.`,
    `I called on ${value} and again a week later.`,
    `The office has been closed since ${value}.`,
    `text received ${value}`,
    `Your contract ends on ${value}, nothing else changes.`,
    `{"updated":"${value}"}`,
    `Letzter Anruf am ${value}, keine Antwort.`,
    value,
  ])
}

const NUMBERED = [
  ...['order', 'ticket', 'case', 'invoice', 'tracking', 'claim', 'serial', 'reference', 'account'],
  ...['contract', 'customer', 'booking', 'policy', 'batch', 'part', 'licence', 'meter', 'request'],
  ...[
    'parcel',
    'registration',
    'employee',
    'receipt',
    'transaction',
    'device',
    'project',
    'lot',
    'job',
  ],
  ...[
    'membership',
    'delivery note',
    'purchase order',
    'permit',
    'voucher',
    'student',
    'article',
    'RMA',
  ],
]

/** @param {Random} random */
function identifier(random) {
  const length = 6 + random(8)
  const plain = `${1 + random(9)}${digits(random, length - 1)}`
  const grouped = `${digits(random, 3)}-${digits(random, 3)}-${digits(random, 4)}`
  const value = pick(random, [plain, plain, plain, grouped, `${digits(random, 4)} ${plain}`])
  const what = pick(random, NUMBERED)
  return pick(random, [
    `Your ${what} number is ${value}.`,
    `${what} number ${value} is closed`,
    `Please quote ${what} no. ${value} when you write.`,
    `${what} id: ${value}`,
    `"${what}_number":"${value}"`,
    `The ${what} ${value} was changed yesterday.`,
    `I called about ${what} number ${value} again.`,
    `Die Nummer ${value} steht oben auf der Rechnung.`,
    `Vorgang ${value} ist erledigt, Auftragsnummer ${digits(random, 8)} nicht.`,
    `El número de pedido es ${value}.`,
    `Le numéro de dossier est le ${value}.`,
  ])
}

/** @param {Random} random */
function code(random) {
  const price = `${1 + random(900)}.${digits(random, 2)}`
  const version = Array.from({ length: 3 + random(2) }, () => random(40)).join('.')
  const model = `${letters(random, 2, UPPER)}-${digits(random, 3 + random(4))}${letters(random, 1, UPPER)}`
  return pick(random, [
    `The ${model} costs ${price} euros, ${random(90)} % less than in ${1990 + random(40)}.`,
    `Update to version ${version}, then call support if it still fails.`,
    `Error ${letters(random, 1, UPPER)}${digits(random, 4)} came ${random(900)} times between ${padded(random, [0, 23])}:00 and ${padded(random, [0, 23])}:30.`,
    `Seat ${1 + random(40)}${letters(random, 1, 'ABCDEF')}, gate ${digits(random, 2)}, flight ${letters(random, 2, UPPER)}${digits(random, 4)}.`,
    `Use ${letters(random, 4, UPPER)}-${digits(random, 4)}-${letters(random, 4, UPPER)} at the till, it is worth ${price}.`,
    `Meter ${digits(random, 5)}.${digits(random, 1)} kWh, tariff ${random(9)}, ${price} a month; phone support is extra.`,
    `chmod 00${digits(random, 3).replace(/[89]/g, '7')} /srv/${letters(random, 6)}, port ${1024 + random(60_000)}`,
    `We sold ${random(900)},${digits(random, 3)},${digits(random, 3)} of them, in ${random(90)} of ${90 + random(90)} shops.`,
    `See section ${version} on page ${1 + random(900)}, or ISBN 978-${random(9)}-${digits(random, 4)}-${digits(random, 4)}-${random(9)}.`,
  ])
}

/** @param {Random} random */
function floatInText(random) {
  const value = float(random)
  return pick(random, [
    value,
    `{"score":${value}}`,
    `scale(${value}) rotate(3deg)`,
    `The mean is ${value}, as expected.`,
    `loss=${value} lr=${float(random)}`,
    `${value};${float(random)};${float(random)}`,
  ])
}

const RARE = { standard: 0.0005, strict: 0.0005 }

/** @type {readonly HarmlessKind[]} */
export const HARMLESS = [
  { kind: 'floats', ...RARE, make: floatInText },
  { kind: 'vectors of 16 to 63 floats', standard: 0.005, strict: 0.005, make: vector },
  { kind: 'coordinates', ...RARE, make: coordinates },
  { kind: 'SVG paths', ...RARE, make: svgPath },
  { kind: 'UUIDs', ...RARE, make: uuid },
  { kind: 'epoch times in s, ms, us', ...RARE, make: epoch },
  { kind: 'SHA-256, hex, base64', ...RARE, make: digest },
  { kind: 'dates and timestamps', ...RARE, make: dated },
  { kind: 'ids after "... number"', standard: 0.01, strict: undefined, make: identifier },
  { kind: 'prose with codes, versions, prices', ...RARE, make: code },
]
