// Names of months in the languages that use Latin or Cyrillic letters most, as dates are written with them (Unicode
// CLDR 46, Gregorian calendar, months in format width "wide").

/** Per language, January first; without accents, in lower case. */
const NAMES: readonly string[] = [
  'january february march april may june july august september october november december',
  'januar februar marz april mai juni juli august september oktober november dezember',
  'janner feber maerz april mai juni juli august september oktober november dezember',
  'janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre',
  'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  'janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro',
  'januari februari maart april mei juni juli augustus september oktober november december',
  'januari februari mars april maj juni juli augusti september oktober november december',
  'januar februar marts april maj juni juli august september oktober november desember',
  'stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia',
  'ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince',
  'ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik',
  'ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie',
  'januari februari maret april mei juni juli agustus september oktober november desember',
  'января февраля марта апреля мая июня июля августа сентября октября ноября декабря',
]

const BY_NAME = new Map(
  NAMES.flatMap((names) => names.split(' ').map((name, i): [string, number] => [name, i + 1])),
)

const SHORTEST = 3

/** The number, from 1, of the month that a word names: in full or by its first three or more letters. */
export function monthOf(word: string): number | undefined {
  const name = word.normalize('NFD').replace(/\p{M}/gu, '').replace(/ı/g, 'i').toLowerCase()
  const known = BY_NAME.get(name)
  if (known !== undefined || name.length < SHORTEST) return known
  for (const [full, month] of BY_NAME) if (full.startsWith(name)) return month
  return undefined
}
