// Dates that follow a word of birth. A date alone is no finding: without such a word no match even starts.
import type { Recognizer } from '../recognizer.ts'

const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
const MONTH = '(?:0?[1-9]|1[0-2])'
const YEAR = '(?:19|20)\\d\\d'
const NAME =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'

const FORMS = [
  `${DAY}[/.-]${DAY}[/.-](?:${YEAR}|\\d\\d)`,
  `${YEAR}[/.-]${MONTH}[/.-]${DAY}`,
  `${DAY}(?:st|nd|rd|th)?(?: of)? ${NAME},? ${YEAR}`,
  `${NAME} ${DAY}(?:st|nd|rd|th)?,? ${YEAR}`,
]

export const dateOfBirth: Recognizer = {
  entity: 'DATE_OF_BIRTH',
  context: ['born', 'birth', 'birthday', 'birthdate', 'dob', 'birthdays'],
  patterns: [
    { source: `(?<!\\w)(?:${FORMS.join('|')})(?!\\w)`, flags: 'i', score: 0.1, contextScore: 0.7 },
  ],
}
