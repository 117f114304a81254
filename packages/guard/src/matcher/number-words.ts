// The words that mean the same to every entity: those for "number", and those after which it is nobody's order or account.
// Lists of the large languages; case and accents do not matter.

/**
 * How words end that say of which thing a number is (Artikelnummer, klantnummer, tilausnumero, rendelésszám): in German,
 * Dutch, the languages of the North, Finnish, Estonian and Hungarian they are one word. They count against, unless a
 * list has them.
 */
export const NUMBER_ENDINGS: readonly string[] = (
  'number nummer nummern nummeret numret nr númer númerið numero numeron numeroni numerosi numeronne numeroa szám száma ' +
  'számú számom'
).split(' ')

export const NUMBER_WORDS: readonly string[] = [
  ...(
    'numbers n nº nro num numeros numara* numer numeru číslo* broj* număr* nomor nomer номер* αριθμός αριθμό מספר ' +
    'หมายเลข เลขที่ 号码 號碼 番号 번호 नंबर رقم الرقم'
  ).split(' '),
  ...NUMBER_ENDINGS,
]

/** What may stand before "number" where a person's is meant: my number, another number. */
export const OWNERS: readonly string[] = (
  'my your his her our their s this that new old own best right correct other another different personal private ' +
  'alternative preferred following local foreign international main primary secondary daytime evening emergency us uk ' +
  'american british english irish german austrian swiss french belgian dutch italian spanish portuguese polish turkish ' +
  'israeli indian chinese japanese korean brazilian mexican canadian australian russian mi su tu mon ton son votre notre mein meine ihre deine unsere meu minha seu sua ' +
  'mio mia suo mijn uw vast vaste min din mitt ditt mój twój moje moja aking мой ваш 我的 您的 你的 मेरा आपका'
).split(' ')

/**
 * The same right before a number alone, since in some of the largest languages they are other words, too: badge no. 4417,
 * but no, it is 4417.
 */
export const ABBREVIATIONS: readonly string[] = ['no', 'nos']

/** Behind "number" these say that it is the number of something (mi número de cliente), and no longer somebody's. */
export const GENITIVES: readonly string[] = 'de d du des di del dello della do da dos van'.split(
  ' ',
)

/** Before "number" these say nothing. */
export const ARTICLES: readonly string[] = ['a', 'the', 'what', 'which', 'whose', 'any']
