// All recognizers. A new entity is a file beside this one, its import and its place in the list.
import type { Recognizer } from '../recognizer.ts'
import { awsAccessKey } from './aws-access-key.ts'
import { creditCard } from './credit-card.ts'
import { dateOfBirth } from './date-of-birth.ts'
import { emailAddress } from './email-address.ts'
import { ibanCode } from './iban-code.ts'
import { ipAddress } from './ip-address.ts'
import { jwt } from './jwt.ts'
import { phoneNumber } from './phone-number.ts'
import { privateKey } from './private-key.ts'
import { ukNhs } from './uk-nhs.ts'
import { url } from './url.ts'
import { usSsn } from './us-ssn.ts'

export const RECOGNIZERS: readonly Recognizer[] = [
  awsAccessKey,
  creditCard,
  dateOfBirth,
  emailAddress,
  ibanCode,
  ipAddress,
  jwt,
  phoneNumber,
  privateKey,
  ukNhs,
  url,
  usSsn,
]

/** Names of the entities that a rule may look for. */
export const ENTITY_NAMES: readonly string[] = RECOGNIZERS.map(({ entity }) => entity)

/** The recognizer of an entity, or undefined if there is none. */
export function recognizerOf(entity: string): Recognizer | undefined {
  return RECOGNIZERS.find((recognizer) => recognizer.entity === entity)
}
