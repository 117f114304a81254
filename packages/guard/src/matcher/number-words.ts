// The words that mean the same to every entity: those for "number", which go with the word before them, and those that
// say whose it is. A list of the large languages; case and accents do not matter.

export const NUMBER_WORDS: readonly string[] = (
  'number numbers no nos nr num numero numeros número nummer nummern numara* numer номер* ' +
  '号码 號碼 番号 번호 नंबर رقم الرقم'
).split(' ')

export const OWNERS: readonly string[] = (
  'my your his her our their this mine mi su tu mon ton son votre notre mein meine ihre deine unsere meu minha seu sua ' +
  'mio mia suo mijn uw min din mój twój мой ваш 我的 您的 你的 मेरा आपका'
).split(' ')
