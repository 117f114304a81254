// Telephone numbers of all countries, by the examples of libphonenumber, and the other numbers that look like them.
import {
  type CountryCode,
  getCountries,
  getExampleNumber,
  type PhoneNumber,
} from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { compilePolicy, type Policy } from '../src/index.ts'

const standard = compilePolicy('standard')
const strict = compilePolicy('strict')

/** The word for a telephone in the main language of a country, where it is not English. */
const WORDS: Readonly<Record<string, string>> = {
  Telefon: 'AL AT AZ BA CH CZ DE DK EE HR HU ID LI ME MT MY NO PL RO RS SE SI SK TM TR UZ XK',
  Teléfono: 'AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE',
  Téléphone:
    'BE BF BI BJ BL CD CF CG CI CM DJ FR GA GF GN GP HT KM LU MC MF MG ML MQ NC NE PF PM RE SN TD TG WF YT',
  Telefone: 'AO BR CV GW MZ PT ST TL',
  Telefono: 'IT SM VA',
  Telefoon: 'AW BQ CW NL SR SX ZA',
  Puhelin: 'AX FI',
  Sími: 'IS FO',
  Tālrunis: 'LV',
  Telefonas: 'LT',
  Телефон: 'BG BY KG KZ MK RU TJ UA',
  Утас: 'MN',
  Τηλέφωνο: 'CY GR',
  Հեռախոս: 'AM',
  ტელეფონი: 'GE',
  טלפון: 'IL',
  هاتف: 'AE BH DZ EG EH IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE',
  تلفن: 'AF IR',
  فون: 'PK',
  फ़ोन: 'IN NP',
  ফোন: 'BD',
  දුරකථන: 'LK',
  ဖုန်း: 'MM',
  โทร: 'TH',
  ໂທ: 'LA',
  ទូរស័ព្ទ: 'KH',
  'Điện thoại': 'VN',
  电话: 'CN SG TW HK MO',
  電話: 'JP',
  전화: 'KR KP',
  Simu: 'KE TZ UG',
  Taleefan: 'SO',
  ስልክ: 'ET ER',
}

interface Example {
  readonly country: CountryCode
  readonly number: PhoneNumber
  readonly word: string
}

const EXAMPLES: readonly Example[] = getCountries().flatMap((country) => {
  const number = getExampleNumber(country, examples)
  if (number === undefined) return []
  const word = Object.keys(WORDS).find((known) => WORDS[known]?.split(' ').includes(country))
  return [{ country, number, word: word ?? 'Phone' }]
})

type Outcome = 'whole' | 'half' | 'shown'

/** How much of the digits of a value is concealed where it stands between two texts. */
function outcomeOf(
  policy: Policy,
  value: string,
  [before, after]: readonly [string, string],
): Outcome {
  const { findings } = policy.scan(before + value + after)
  const places = [...value.matchAll(/\d/g)].map(({ index }) => before.length + index)
  const hidden = places.filter((at) => findings.some(({ start, end }) => start <= at && at < end))
  if (hidden.length === places.length) return 'whole'
  return hidden.length === 0 ? 'shown' : 'half'
}

function internationalForms(number: PhoneNumber): string[] {
  const spaced = number.formatInternational()
  return [
    spaced,
    number.number,
    spaced.replaceAll(' ', '-'),
    // With a single dot it is a decimal.
    spaced.split(' ').length > 2 ? spaced.replaceAll(' ', '.') : spaced,
    spaced.replaceAll(' ', '/'),
    spaced.replace(/^\+(\d+)/, '(+$1)'),
    spaced.replace(/^(\+\d+) /, '$1 (0)'),
    spaced.replace('+', '00'),
    spaced.replace('+', '00 '),
    spaced.replace('+', '011 '),
  ]
}

function nationalForms(number: PhoneNumber): string[] {
  const usual = number.formatNational()
  return [
    usual,
    usual.replaceAll(/(?<=\d)[^\d()]+/g, ' '),
    usual.replaceAll(/\D+/g, '-').replace(/^-/, ''),
    usual.replaceAll(/\D+/g, '.').replace(/^\./, ''),
    usual.replace(/\D/g, ''),
    usual.replace(/^(\d+)\D+/, '$1/'),
  ]
}

describe('an international number', () => {
  it.each([
    ['', ''],
    ['(', ')'],
    ['"', '",'],
    ['<tel:', '>'],
    ['Your order 48210937 is late, ring ', '.'],
    ['a,', ',b'],
  ])('is found whole in every form between %j and %j', (before, after) => {
    for (const { country, number } of EXAMPLES) {
      for (const form of internationalForms(number)) {
        const outcome = outcomeOf(standard, form, [before, after])
        expect({ country, form, outcome }).toEqual({ country, form, outcome: 'whole' })
      }
    }
  })
})

describe('a national number', () => {
  const wordings = (word: string): readonly (readonly [string, string])[] => [
    [`${word}: `, ''],
    [`${word} `, ', thanks'],
    ['my mobile number is ', '.'],
    ['{"phone":"', '"}'],
  ]
  const outcomes = EXAMPLES.flatMap(({ number, word }) =>
    nationalForms(number).flatMap((form) =>
      wordings(word).map((around) => outcomeOf(standard, form, around)),
    ),
  )
  const share = (outcome: Outcome) =>
    outcomes.filter((one) => one === outcome).length / outcomes.length

  it('is found whole after a word of its language or of English, or not at all', () => {
    expect(share('whole')).toBeGreaterThan(0.9)
    expect(share('half')).toBeLessThan(0.02)
  })

  it.each(EXAMPLES.filter(({ number }) => number.nationalNumber.length > 6))(
    'is found after the word of its language: $word, $country',
    ({ number, word }) => {
      expect(outcomeOf(standard, number.formatNational(), [`${word}: `, ''])).toBe('whole')
    },
  )
})

describe('the word for a telephone', () => {
  it.each([
    ['Tel:07700 900913', 'Tel:[PHONE_NUMBER]'],
    ['tel. 07700 900913', 'tel. [PHONE_NUMBER]'],
    ['phone_number: 4155550113', 'phone_number: [PHONE_NUMBER]'],
    ['"phoneNumber":"4155550113"', '"phoneNumber":"[PHONE_NUMBER]"'],
    ['customerMobile=98765 43213', 'customerMobile=[PHONE_NUMBER]'],
    ['phone2: 9472 7916', 'phone2: [PHONE_NUMBER]'],
    ['WhatsApp: 9472 7916', 'WhatsApp: [PHONE_NUMBER]'],
    ['Rückruf bitte unter 030 23125 113', 'Rückruf bitte unter [PHONE_NUMBER]'],
    ['numaram 0532 123 45 67', 'numaram [PHONE_NUMBER]'],
    ['cep telefonu 0532 123 45 67', 'cep telefonu [PHONE_NUMBER]'],
    ['Contact No: 98765-43210', 'Contact No: [PHONE_NUMBER]'],
    ['мой номер 8 912 345-67-89', 'мой номер [PHONE_NUMBER]'],
    ['meu número é (11) 96123-4567', 'meu número é [PHONE_NUMBER]'],
    ['Registrant Phone: +1.4155550123', 'Registrant Phone: [PHONE_NUMBER]'],
    ['Mob: 9876543210', 'Mob: [PHONE_NUMBER]'],
    ['我的手机号码是13812345678。', '我的手机号码是[PHONE_NUMBER]。'],
  ])('may be glued, abbreviated or in any language: %s', (text, shown) => {
    expect(standard.scan(text).text).toBe(shown)
  })

  it('counts for a list of numbers', () => {
    const numbers = ['07700 900001', '07700 900002', '07700 900003', '9472 7916', '9472 7917']
    const { text } = standard.scan(`Telephone: ${numbers.join(', ')} or 9472 7918`)
    expect(text).toBe(`Telephone: ${'[PHONE_NUMBER], '.repeat(5).slice(0, -2)} or [PHONE_NUMBER]`)
  })

  it('takes an extension along', () => {
    for (const extension of ['x22', ' x22', ' ext. 22', ', ext 22', ' extension 22', ' #22']) {
      expect(standard.scan(`call 020 7946 0113${extension} now`).text).toBe(
        'call [PHONE_NUMBER] now',
      )
      expect(standard.scan(`+44 20 7946 0113${extension} now`).text).toBe('[PHONE_NUMBER] now')
    }
  })
})

it.each(['+52 12 3456 78901 23', '+380 44 1234 5678 90', '+99 212 555 0123'])(
  'is concealed whole where it is announced, though no table has its length: %s',
  (value) => {
    expect(outcomeOf(standard, value, ['Celular ', ', please'])).toBe('whole')
  },
)

describe('another number', () => {
  it.each([
    'Your order number is 48210937, call us if it is late.',
    'Call us and quote ticket number 7730214.',
    'My claim number is 90412277.',
    'phone support closed case 20145678 after 2 calls',
    'Ihre Bestellnummer 4155550123 ist da, rufen Sie an',
    'su número de pedido es 612345678',
    '您的订单号码是13812345678',
    'The call of 2025-05-06 10:30 lasted 00:12:45.',
    'Text and calls 2019-2024, office 01.02.2024',
    'called 12/31/2025, 31/12/2025 and 20251231',
    'text size 1048576, phone memory 536870912',
    'we take 1200000 calls, call 10.20.30.40:8080',
    'ring buffer 0.123456789 and 12.3456789',
    'M344 622.9509C212 555.0123 1 2z',
    '+41827365.4 units, now + 31557600000',
    'badge number 415-555-0123',
    'The mean is +39.53981759, not +255.144027960.',
    'I called about badge number 0380 6407860809.',
    'M190.7 659.042 134.94l441.16 252.34 12',
    'Mobile data used: 12345678 of 10737418240 bytes',
    '{"phone":null,"created_at":1755302401}',
    'call_duration_ms=1234567',
    'callback(1234567, 2345678)',
    'call stack 0x00007ff6 0012345678',
    'Telephone Road 12, Houston 77001-1234',
    'The caller reached 123 456 people, cell 4471 2201 is empty.',
    'tel:123',
    '52346136-5924-4724-a0b7-a07184805913',
    'device T07184805913, part M0718480591',
  ])('is shown: %s', (text) => {
    expect(standard.scan(text).text).toBe(text)
  })

  it('is shown by strict, too, after what announces it', () => {
    for (const text of ['order 07700900913', 'invoice number 0639981213', 'mode 00410000']) {
      expect(strict.scan(text).text).toBe(text)
    }
  })
})

describe('strict', () => {
  it.each(['07700900913', '0639981213', '090-1234-5613', '612 34 56 13', '(030) 23125 113'])(
    'finds the shape of a national number without a word: %s',
    (value) => {
      expect(strict.scan(`She gave ${value} yesterday.`).text).toBe(
        'She gave [PHONE_NUMBER] yesterday.',
      )
    },
  )
})
