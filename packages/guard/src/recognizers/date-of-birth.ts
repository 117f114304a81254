// Dates that follow a word of birth, in the orders and with the separators of CLDR's short, medium and long formats and
// of ISO 8601. A date alone is no finding: without such a word no match even starts.
import type { Recognizer } from '../recognizer.ts'
import { monthOf } from './month-names.ts'

const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
const MONTH = '(?:0?[1-9]|1[0-2])'
const YEAR = '(?:19\\d\\d|20[0-2]\\d)'
const SHORT_YEAR = "(?:'?\\d\\d)"
const LETTER = 'A-Za-z\\u00c0-\\u024f\\u0370-\\u052f'
const NAME = `[${LETTER}]{3,12}\\.?`
/** `12th`, `1er`, `12.`, `3º` */
const ORDINAL = `${DAY}(?:st|nd|rd|th|er|e|\\.|º|°)?`
const BETWEEN = '(?:[/.%-]| [/-] |\\. ?| )'
const TIME = '(?:[T ]\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,6})?)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?'

const JAPANESE = `(?:明治|大正|昭和|平成|令和) ?\\d{1,2} ?年 ?${MONTH} ?月 ?${DAY} ?日`

const STARTING_WITH_DIGITS = [
  // 12/03/1984, 12.03.84, 12 / 03 / 1984
  `${DAY}${BETWEEN}${DAY}${BETWEEN}(?:${YEAR}|\\d\\d)`,
  // 1984-03-12, 1984-03-12T00:00:00Z
  `${YEAR}${BETWEEN}${MONTH}${BETWEEN}${DAY}${TIME}`,
  // 19840312, 12031984
  `${YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])`,
  `(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|[12]\\d|3[01])${YEAR}`,
  // 12 March 1984, 12-Mar-84, 12MAR1984, 12th of March, 1984, 12 de marzo de 1984
  `${ORDINAL}[ /-]?(?:(?:day )?of |de |d')?${NAME}(?:,? (?:de |del )?|[-/]|,)?(?:${YEAR}|${SHORT_YEAR})`,
  // 1984 March 12, 1984-Mar-12
  `${YEAR}[ -]${NAME}[ -]${DAY}`,
  // 1984年3月12日
  `${YEAR} ?[年년] ?${MONTH} ?[月월] ?${DAY} ?[日일]`,
  // 昭和59年3月12日: the year of an emperor
  JAPANESE,
].join('|')
/** March 12, 1984, Mar-12-1984 */
const STARTING_WITH_NAME = `${NAME}[ -]?${ORDINAL}(?:,? |[-/]|,)(?:${YEAR}|${SHORT_YEAR})`

const AFTER = '(?![A-Za-z0-9])'
/** D.O.B., né(e) à Lyon le, nato a San Marino il, ur. A combining accent counts as nothing, so `né` may be `ne`. */
const PLACE = `(?: [àa](?: [${LETTER}'-]{2,16}){1,3})?`
const PHRASES = `[Dd]\\. ?[Oo]\\. ?[Bb]\\.?|[Nn][ée](?:e|\\(e\\))?${PLACE} le|[Nn]at[aio]${PLACE} il|[Uu]r\\.`
const INTRODUCTION = new RegExp(`^(?:${PHRASES})[ :=\\u2014-]*`, 'u')

const GERMAN_MONTHS =
  'Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember'
/** Languages in which the word of birth comes behind the date: its forms are few there, so that nothing else waits. */
const DATE_FIRST = [
  `${DAY}\\. ?(?:${MONTH}\\. ?|(?:${GERMAN_MONTHS}) )${YEAR}(?: in [${LETTER}]{2,20})? (?:geboren|zur Welt)`,
  `${DAY}[./]${MONTH}[./]${YEAR} (?:doğumlu|г\\. ?р\\.|года рождения)`,
  `${JAPANESE}に?(?:生まれ|誕生)`,
  `${YEAR} ?[年년] ?${MONTH} ?[月월] ?${DAY} ?[日일](?:に?(?:生まれ|誕生)|出生|生|에? ?(?:출생|태어))`,
].join('|')

/** In the languages with the most speakers; without those that are other words, too (French "né", Italian "nato"). */
const BIRTH_WORDS = (
  'born birth birthday* birthdate* bday* dob dobs dateofbirth geboren* geborene* geburt* geb gebdat* naissance ' +
  'nacimiento nacido nacida nací nació nascimento nascido nascida nasci nasceu nascita nac nasc naiss geboorte* født* fødd* fødsel* ' +
  'födelse* född* syntyma* syntynyt urodz* narozen* narodena nascut nascuta nasterii dogum* szulet* rodjen* roden* ' +
  'rodena rođen* lahir kelahiran sinh gimimo рожден* родил* народжен* γέννησης γεννήθηκα janm* जन्म* জন্ম* الميلاد ' +
  'ميلاد مواليد לידה 出生 生年月日 誕生日 生日 생년월일 생일 วันเกิด'
).split(' ')

/** What other dates are of. Where one of these words is nearer, the date is no birthday. */
const OTHER_DATES = (
  'issue* expir* expiry valid* deliver* ship* order* invoice* appointment* meeting* visit* admission* admitted ' +
  'discharge* death died deceased updated created atime mtime ctime release* published deadline booking* booked ' +
  'purchase* paid payment* hired joined enrolled registered signed seen examined treated since until starts ends gultig* ausgestellt* fallig* vencimiento caduca* expedic* emision scadenza'
).split(' ')

export const dateOfBirth: Recognizer = {
  entity: 'DATE_OF_BIRTH',
  context: BIRTH_WORDS,
  against: OTHER_DATES,
  patterns: [
    {
      source: `(?:(?<![\\d/])(?:${STARTING_WITH_DIGITS})|(?<!\\w)${STARTING_WITH_NAME})${AFTER}`,
      score: 0.1,
      contextScore: 0.7,
      check: (value) => (isDate(value) ? 0.1 : 0),
    },
    {
      // Phrases whose words alone say nothing are looked for with their date.
      source: `(?<!\\w)(?:${PHRASES})[ :=\\u2014-]{0,3}[${LETTER}0-9][${LETTER}0-9º年년月월日일 ,./-]{4,24}\\d${AFTER}`,
      score: 0.7,
      check: (value) => (isWholeDate(value.replace(INTRODUCTION, '')) ? 0.7 : 0),
    },
    { source: `(?<![\\d/])(?:${DATE_FIRST})`, score: 0.7 },
  ],
}

const WHOLE = new RegExp(`^(?:${STARTING_WITH_DIGITS}|${STARTING_WITH_NAME})$`, 'u')

function isWholeDate(value: string): boolean {
  return WHOLE.test(value) && isDate(value)
}

/** Whether a value of one of the forms is a day that a calendar has. */
function isDate(value: string): boolean {
  const date = value.replace(/[T ]\d\d:.*$/, '')
  const numbers = date.match(/\d+/g) ?? []
  const words = date.match(/[\p{L}]{3,}/gu) ?? []
  const names = words.filter((word) => !FILLERS.has(word.toLowerCase()))
  if (names.length > 0) return isNamed(numbers, monthOf(names[0] ?? ''))
  const [first = '', second = '', third = ''] = numbers.length === 1 ? partsOf(date) : numbers
  if (first.length === 4 || date.includes('年')) return isDay(second, Number(third))
  if (third.length === 2 && / /.test(date) && !/ [/-] |\. /.test(date)) return false
  return isDay(second, Number(first)) || isDay(first, Number(second))
}

/** Words between the parts of a date that name no month. */
const FILLERS = new Set(['day', 'del'])
/** In a leap year: a year of two digits may be one. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isNamed([first = '', second = '']: readonly string[], month: number | undefined): boolean {
  return isDay(month ?? 0, Number(first.length === 4 ? second : first))
}

function isDay(month: string | number, day: number): boolean {
  return day >= 1 && day <= (DAYS[Number(month) - 1] ?? 0)
}

/** Eight digits in a row: the year is first or last. */
function partsOf(digits: string): string[] {
  return /^(?:19|20)\d\d(?:0\d|1[0-2])/.test(digits)
    ? [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)]
    : [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)]
}
