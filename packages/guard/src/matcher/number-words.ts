// The words that mean the same to every entity: those for "number", and those after which it is nobody's order or account.
// Lists of the large languages; case and accents do not matter.

export const NUMBER_WORDS: readonly string[] = (
  'number numbers no nos nr num numero numeros número nummer nummern numara* numer номер* ' +
  '号码 號碼 番号 번호 नंबर رقم الرقم'
).split(' ')

/** What may stand before "number" where a person's is meant: my number, another number. */
export const OWNERS: readonly string[] = (
  'my your his her our their this that new best right correct other another different personal private alternative ' +
  'preferred following mi su tu mon ton son votre notre mein meine ihre deine unsere meu minha seu sua ' +
  'mio mia suo mijn uw min din mój twój мой ваш 我的 您的 你的 मेरा आपका'
).split(' ')

/** Before "number" these say nothing. */
export const ARTICLES: readonly string[] = ['a', 'the']
