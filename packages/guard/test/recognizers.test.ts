// Every entity by examples: what it is, what only looks like it. Values are documentation examples or made up.
import { describe, expect, it } from 'vitest'
import { compilePolicy, type PolicyName } from '../src/index.ts'
import { RECOGNIZERS } from '../src/recognizers/index.ts'

interface Cases {
  /** Found alone by `standard` and `strict` alike (in `strict` only, for those that `standard` leaves out). */
  readonly is: readonly string[]
  /** Found only after the text before the bar, which holds a context word. */
  readonly isAfter?: readonly string[]
  readonly isNot: readonly string[]
}

const CASES: Readonly<Record<string, Cases>> = {
  AWS_ACCESS_KEY: {
    is: ['AKIAIOSFODNN7EXAMPLE', 'ASIAIOSFODNN7EXAMPLE'],
    isNot: ['AKIAIOSFODNN7EXAMPL', 'AKIAIOSFODNN7EXAMPLE1', 'akiaiosfodnn7example'],
  },
  CREDIT_CARD: {
    is: [
      ...['4111 1111 1111 1111', '4111-1111-1111-1111', '378282246310005', '3782 822463 10005'],
      ...['5555555555554444', '2223003122003222', '6011111111111117', '3530111333300000'],
      ...['30569309025904', '6304000000000000', '4131034282458809939', '180016070420458'],
    ],
    isNot: ['4111 1111 1111 1112', '411111111111', '0000000000000000', '41111111111111111111'],
  },
  DATE_OF_BIRTH: {
    is: [],
    isAfter: [
      'born on |2/8/1935',
      'DOB: |1935-08-02',
      'birthday: |12 March 1980',
      'birth |May 3, 1999',
    ],
    isNot: ['2/8/1935', '1935-08-02', 'born in 1935'],
  },
  EMAIL_ADDRESS: {
    is: [
      'jo.doe+tag@mail.example.co.uk',
      'müller@bücher.de',
      'a@b.museum',
      'x@xn--e1afmkfd.xn--p1ai',
    ],
    isNot: ['a@b', '@example.org', 'jo.doe@', 'a@b.c'],
  },
  IBAN_CODE: {
    is: ['GB33BUKB20201555555555', 'de89 3704 0044 0532 0130 00', 'NO9386011117947'],
    isNot: ['GB33BUKB20201555555556', 'GB33BUKB2020155555555', 'ZZ33BUKB20201555555555'],
  },
  IP_ADDRESS: {
    is: ['192.168.0.1', '255.255.255.255', '2001:db8::1', 'fe80:0:0:0:0:0:0:1', '::ffff:10.0.0.1'],
    isNot: ['256.1.1.1', '1.2.3', '12:30:45', '::', '1:2:3:4:5:6:7:8:9'],
  },
  JWT: {
    is: [
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA_-',
      `eyJhbGciOiJIUzI1NiJ9.eyJz${'A'.repeat(999)}.x`,
    ],
    isNot: ['eyJhbGciOiJIUzI1NiJ9', 'eyJhbGciOiJIUzI1NiJ9.abc'],
  },
  PHONE_NUMBER: {
    is: [
      '+46 (0)8 928 571 38',
      '+1-984-182-0190',
      '(212) 555-0123',
      '541-714-1388',
      '345-899-3560x4587',
    ],
    isAfter: ['call me at |0494 92 82 32', 'Phone: |9472 7916', 'tel |5551234567'],
    isNot: ['9472 7916', '5551234567', '12-1999', '1 234'],
  },
  PRIVATE_KEY: {
    is: [
      '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----',
      `-----BEGIN RSA PRIVATE KEY-----\n${'MIIB+/=\n'.repeat(200)}-----END RSA PRIVATE KEY-----`,
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----',
    ],
    isNot: ['-----BEGIN PUBLIC KEY-----', '-----BEGIN PRIVATE KEY----'],
  },
  UK_NHS: {
    is: [],
    isAfter: ['NHS number |943 476 5919', 'patient |9434765919'],
    isNot: ['943 476 5918'],
  },
  URL: {
    is: ['https://example.org', 'http://a.b/c?d=e&f=(g)#h', 'ftp://host'],
    isNot: ['https://', 'example.org', 'xhttps://example.org'],
  },
  US_SSN: {
    is: ['078-05-1120', '123 45 6789', '899.99.9999'],
    isAfter: ['SSN |123456789', 'social security number is |078051120'],
    isNot: ['000-12-3456', '666-12-3456', '900-12-3456', '123-00-4567', '123-45-0000', '123456789'],
  },
}

/** The entities that `standard` leaves to `strict`. */
const STRICT_ONLY = ['IP_ADDRESS', 'URL']

function policiesFor(entity: string): readonly PolicyName[] {
  return STRICT_ONLY.includes(entity) ? ['strict'] : ['standard', 'strict']
}

it('has examples for every recognizer', () => {
  expect(Object.keys(CASES)).toEqual(RECOGNIZERS.map((recognizer) => recognizer.entity))
})

describe.each(Object.entries(CASES))('%s', (entity, { is, isAfter = [], isNot }) => {
  const policies = policiesFor(entity).map((name) => compilePolicy(name))

  it.each([...is.map((value) => `|${value}`), ...isAfter])('is found: %#', (text) => {
    const [context = '', value = ''] = text.split('|')
    for (const policy of policies) {
      const result = policy.scan(`${context}${value}, he said`)
      expect(result.text).toBe(`${context}[${entity}], he said`)
      expect(result.findings).toMatchObject([
        { entity, start: context.length, end: context.length + value.length },
      ])
    }
  })

  it.each(isNot)('is not found: %j', (value) => {
    const [policy] = policies
    const entities = policy?.scan(`${value}, he said`).findings.map((finding) => finding.entity)
    expect(entities).not.toContain(entity)
  })
})

it('ends a web address before the punctuation of its sentence', () => {
  const { text } = compilePolicy('strict').scan(
    'See (https://example.org/a.b). Or "https://x.org/?q=1!", ok',
  )
  expect(text).toBe('See ([URL]). Or "[URL]!", ok')
})

it('ends a private key without end line where other text begins', () => {
  const { text } = compilePolicy('standard').scan('-----BEGIN PRIVATE KEY-----\nMIIB"} and so on')
  expect(text).toBe('[PRIVATE_KEY]"} and so on')
})
