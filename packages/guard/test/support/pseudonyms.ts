// Requests and answers with stand-ins, for the tests of pseudonyms.
import fc from 'fast-check'
import {
  compilePolicy,
  ENTITY_NAMES,
  type OpenOptions,
  type Policy,
  Pseudonyms,
  type RuleDefinition,
} from '../../src/index.ts'

export const KEY = new TextEncoder().encode('a key of at least sixteen bytes')

const ENTITIES = ENTITY_NAMES.filter((entity) => !/^(URL|JWT|PRIVATE_KEY)$/.test(entity))

/** Everything that can be, and rules of one's own of every kind, are pseudonymized; nothing is looked for in answers. */
export const own: Policy = compilePolicy({
  rules: [
    ...ENTITIES.map((entity): RuleDefinition => ({ entity, action: { kind: 'pseudonymize' } })),
    { pattern: 'ACME-\\d{6}', name: 'ACCOUNT', action: { kind: 'pseudonymize' } },
    {
      pattern: '\\bO\'[A-Z]\\w+( "[^"]{1,9}")?',
      name: 'kunden-name',
      action: { kind: 'pseudonymize' },
    },
    {
      terms: ['Grace Hopper', 'Ada Lovelace'],
      category: 'PERSON',
      action: { kind: 'pseudonymize' },
    },
  ],
  pseudonyms: { restoreInLinks: true },
})

export function pseudonymsOf(scope = 'a conversation'): Pseudonyms {
  return new Pseudonyms({ key: KEY, scope })
}

/** A text of a request as it leaves, and what its answer needs. */
export function replaced(
  policy: Policy,
  text: string,
  options: Partial<OpenOptions> = {},
): { text: string; pseudonyms: Pseudonyms; names: ReadonlySet<string> } {
  const { pseudonyms = pseudonymsOf() } = options
  const names = new Set<string>()
  const standInOf = pseudonyms.standInOf.bind(pseudonyms)
  pseudonyms.standInOf = (...value) => {
    const name = standInOf(...value)
    if (name !== undefined) names.add(name)
    return name
  }
  const { text: left } = policy.scan(text, { direction: 'input', ...options, pseudonyms })
  return { text: left, pseudonyms, names }
}

const VALUES = [
  ...[
    'jo.doe@example.org',
    'JO.DOE@example.org',
    'a@b.example',
    '+46 8 928 571 38',
    '+4689285 7138',
  ],
  ...['541-714-1388', 'GB33BUKB20201555555555', 'gb33 bukb 2020 1555 5555 55', '123-45-6789'],
  ...['ACME-123456', 'ACME-654321', "O'Brien", 'O\'Brien "Bo\\b"', 'Grace Hopper', 'ada lovelace'],
  ...['192.168.0.1', 'born 2/8/1935', 'nhs 943 476 5919'],
]
const BETWEEN = [
  ...[
    ' ',
    ' ',
    ' ',
    '\n',
    ', ',
    '. ',
    '',
    '_',
    'x',
    'é',
    '中',
    '"',
    "'",
    '[',
    ']',
    '`',
    '**',
    '(',
    ')',
    '\\',
  ],
  ...[
    'PERSON_',
    'EMAIL',
    'PHONE_NUMBER',
    'EMAIL_ADDRESS_',
    'ACCOUNT_K7QF',
    '😀',
    '\ud83d',
    '\ue000',
    '\ue001',
  ],
]

/** Texts of values and of what stands around them. */
export const conversations: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...VALUES), fc.constantFrom(...BETWEEN)), { maxLength: 16 })
  .map((parts) => parts.join(''))
