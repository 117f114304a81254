// Random personal data in the wrappings that people and programs use. Each kind says which share has to be found whole,
// and which may be half shown at most.
import { getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { digits, letters, padded, pick } from '../random.mjs'
import { card, cardNeedingAWord, iban } from './account-numbers.mjs'

/** @typedef {import('../random.mjs').Random} Random */
/** @typedef {{ text: string, value: string }} Sample */
/**
 * @typedef {object} PersonalKind
 * @property {string} kind
 * @property {string} entity
 * @property {number} whole the least share of values that is found from the first to the last character
 * @property {number} half the greatest share of which a part is found and a part shown
 * @property {(random: Random) => Sample} make
 */

/** A wrapping is a text with `%` where the value goes. @type {(wrappings: readonly string[], value: (random: Random) => string) => (random: Random) => Sample} */
const wrapped = (wrappings, value) => (random) => {
  const made = value(random)
  return { text: pick(random, wrappings).replace('%', () => made), value: made }
}

const CARDS = [
  '%',
  'My card is %, please try again.',
  'card number: %',
  '{"card":"%","amount":12.5}',
  'Charge it to (%).',
  '**%** was declined.',
  'pan=%',
  '| Jo | % | 05/29 |',
  'Meine Kreditkarte ist %.',
  '"%", she said.',
]
const CARDS_WITH_WORD = CARDS.filter((wrapping) => /card|karte/i.test(wrapping))
const IBANS = [
  '%',
  'My IBAN is %, please refund it.',
  'IBAN: %',
  '"iban":"%"',
  'Bitte auf % überweisen.',
  '(%)',
  'account=%;',
  'Send it to %.',
]
const EMAILS = [
  '%',
  'Write to %.',
  'My address is %, all small letters.',
  '<%>',
  'mailto:%',
  '"email":"%"',
  'e-mail: %',
  'Jo (%) wrote:',
  'a;%;b',
]
const INTERNATIONAL_PHONES = [
  '%',
  'You can reach me at %.',
  'Tel. %',
  'My number is %, after six.',
  '"phone":"%"',
  'tel:%',
  'WhatsApp % please',
  '(%)',
  'Sie erreichen mich unter %.',
]
const PHONES = [
  'My phone number is %.',
  'Phone: %',
  'mobile % (evenings)',
  'Please call me on %, thanks.',
  'Tel. %',
  '"phone":"%"',
  'phone_number=%',
  'WhatsApp: %',
  'You can call me back at %.',
  'landline %, no mobile',
]
/** What people say where these countries' numbers are written. @type {Record<string, readonly string[]>} */
const LOCAL_PHONES = {
  DE: ['Meine Handynummer ist %.', 'Telefon: %', 'Rufen Sie mich unter % an.'],
  AT: ['Meine Handynummer ist %.', 'Telefonnummer %'],
  CH: ['Mein Natel ist %.', 'Telefon: %'],
  FR: ['Mon numéro de téléphone est le %.', 'Portable : %'],
  BE: ['Mon GSM est le %.', 'Téléphone : %'],
  ES: ['Mi teléfono es el %.', 'Móvil: %', 'Llámeme al %, por favor.'],
  MX: ['Mi celular es %.', 'Teléfono: %'],
  AR: ['Mi celular es %.', 'Tel: %'],
  BR: ['Meu celular é %.', 'Telefone: %'],
  PT: ['O meu telemóvel é %.', 'Telefone: %'],
  IT: ['Il mio cellulare è %.', 'Telefono: %'],
  NL: ['Mijn telefoonnummer is %.', 'Mobiel: %'],
  PL: ['Mój telefon to %.', 'Tel. kom. %'],
  TR: ['Telefon numaram %.', 'Cep: %'],
  CN: ['我的电话是%。', '手机：%'],
  JP: ['電話番号は%です。', '携帯：%'],
  RU: ['Мой телефон %.', 'Тел.: %'],
}
const BIRTHS = [
  'I was born on %.',
  'My date of birth is %.',
  'DOB: %',
  'D.O.B. %',
  'date_of_birth=%',
  '"birthDate":"%"',
  'born %, in Leeds',
  'Geburtsdatum: %',
  'Fecha de nacimiento: %',
  'Date de naissance : %',
]
const SSNS = [
  'My SSN is %.',
  'SSN: %',
  '"ssn":"%"',
  'social security number %',
  'Her social is %, please check.',
  'SS# %',
]
const NHS = ['My NHS number is %.', 'NHS no. %', 'NHS: %', '"nhs_number":"%"']
const MONTHS = ['January', 'February', 'March', 'April', 'June', 'September', 'November']
const DOMAINS = [
  'example.com',
  'mail.example.co.uk',
  'shop.example.de',
  'a-b.example.org',
  'x.example.net',
]

/** @param {Random} random */
function emailAddress(random) {
  const separator = pick(random, ['.', '_', '-', '+', ''])
  const name = `${letters(random, 1 + random(8))}${separator}${letters(random, 1 + random(9))}`
  const number = random(3) === 0 ? digits(random, 1 + random(4)) : ''
  const address = `${name}${number}@${pick(random, DOMAINS)}`
  return random(8) === 0 ? address.toUpperCase() : address
}

const COUNTRIES = /** @type {import('libphonenumber-js').CountryCode[]} */ (Object.keys(examples))

/** A valid number of a country: the library's example with other last digits, where they stay valid. @param {Random} random */
function phoneNumber(random) {
  const country = pick(random, COUNTRIES)
  const example = getExampleNumber(country, examples)
  if (example === undefined) throw new Error(`there is no example number for ${country}`)
  const e164 = example.number
  for (let tries = 0; tries < 8; tries += 1) {
    const other = parsePhoneNumberFromString(e164.slice(0, -4) + digits(random, 4))
    if (other?.isValid() === true && other.country === country) return other
  }
  return example
}

/** @param {Random} random */
function internationalPhone(random) {
  const number = phoneNumber(random)
  const international = number.formatInternational()
  return pick(random, [
    international,
    international,
    number.number,
    international.replace(/ /g, '-'),
  ])
}

/** @param {Random} random @returns {Sample} */
function nationalPhone(random) {
  const number = phoneNumber(random)
  const local = LOCAL_PHONES[number.country ?? '']
  const wrappings = local !== undefined && random(2) === 0 ? local : PHONES
  const value = number.formatNational()
  return { text: pick(random, wrappings).replace('%', () => value), value }
}

/** @param {Random} random */
function dateOfBirth(random) {
  const year = 1935 + random(72)
  const month = padded(random, [1, 12])
  const day = padded(random, [1, 28])
  const name = pick(random, MONTHS)
  return pick(random, [
    `${day}/${month}/${year}`,
    `${day}.${month}.${year}`,
    `${month}-${day}-${year}`,
    `${year}-${month}-${day}`,
    `${Number(day)} ${name} ${year}`,
    `${name} ${Number(day)}, ${year}`,
    `${day}-${name.slice(0, 3)}-${year}`,
  ])
}

/** Area, group and serial as the Social Security Administration gave them out. @param {Random} random */
function socialSecurityNumber(random) {
  const area = padded(random, [101, 665])
  return [area, padded(random, [1, 99]), padded(random, [1, 9999])].join(pick(random, ['-', ' ']))
}

/** Ten digits with the check digit of modulus 11 (NHS Data Model and Dictionary). @param {Random} random */
function nhsNumber(random) {
  for (;;) {
    const payload = `4${digits(random, 8)}`
    const sum = [...payload].reduce((total, digit, i) => total + Number(digit) * (10 - i), 0)
    const check = (11 - (sum % 11)) % 11
    if (check === 10) continue
    const number = `${payload}${check}`
    if (random(2) === 0) return number
    return [number.slice(0, 3), number.slice(3, 6), number.slice(6)].join(' ')
  }
}

const ALL = { whole: 1, half: 0 }

/** @type {readonly PersonalKind[]} */
export const PERSONAL = [
  { kind: 'cards', entity: 'CREDIT_CARD', ...ALL, make: wrapped(CARDS, card) },
  {
    kind: 'Maestro and UATP cards after a word',
    entity: 'CREDIT_CARD',
    ...ALL,
    make: wrapped(CARDS_WITH_WORD, cardNeedingAWord),
  },
  { kind: 'IBANs of all countries', entity: 'IBAN_CODE', ...ALL, make: wrapped(IBANS, iban) },
  { kind: 'e-mail', entity: 'EMAIL_ADDRESS', ...ALL, make: wrapped(EMAILS, emailAddress) },
  {
    kind: 'international phones',
    entity: 'PHONE_NUMBER',
    ...ALL,
    make: wrapped(INTERNATIONAL_PHONES, internationalPhone),
  },
  {
    kind: 'national phones after a word',
    entity: 'PHONE_NUMBER',
    whole: 0.9,
    half: 0.02,
    make: nationalPhone,
  },
  { kind: 'dates of birth', entity: 'DATE_OF_BIRTH', ...ALL, make: wrapped(BIRTHS, dateOfBirth) },
  { kind: 'US_SSN', entity: 'US_SSN', ...ALL, make: wrapped(SSNS, socialSecurityNumber) },
  { kind: 'NHS numbers after a word', entity: 'UK_NHS', ...ALL, make: wrapped(NHS, nhsNumber) },
]
