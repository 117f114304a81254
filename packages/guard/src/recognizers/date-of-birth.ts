// Dates that follow a word of birth. A date alone is no finding: without such a word no match even starts.
import type { Recognizer } from '../recognizer.ts'

const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
const MONTH = '(?:0?[1-9]|1[0-2])'
const YEAR = '(?:19|20)\\d\\d'
const MONTH_NAME = '[A-Za-z]{3,9}\\.?'
const MONTHS =
  /jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?/

const FORMS = [
  `${DAY}[/.-]${DAY}[/.-](?:${YEAR}|\\d\\d)`,
  `${YEAR}[/.-]${MONTH}[/.-]${DAY}`,
  `${DAY}(?:[A-Za-z]{2})?(?: of)? ${MONTH_NAME},? ${YEAR}`,
  `${MONTH_NAME} ${DAY}(?:[A-Za-z]{2})?,? ${YEAR}`,
]

export const dateOfBirth: Recognizer = {
  entity: 'DATE_OF_BIRTH',
  context: ['born', 'birth', 'birthday', 'birthdate', 'dob', 'birthdays'],
  patterns: [
    {
      source: `(?<!\\w)(?:${FORMS.join('|')})(?!\\w)`,
      score: 0.1,
      contextScore: 0.7,
      check: (value) => (namesNoMonth(value) ? 0 : 0.1),
    },
  ],
}

/** Written with letters, but none of them the name of a month. */
function namesNoMonth(value: string): boolean {
  const words = value.toLowerCase().match(/[a-z]{3,}/g) ?? []
  return words.some((word) => MONTHS.exec(word)?.[0] !== word)
}
