/** The shape of a value: what kind of characters it has, and none of them. */

const MAX_LENGTH = 40
/** What stays as it is: separators that many values share. Everything else that is neither letter nor digit becomes `?`. */
const KEPT = /[ \-./:@()+_,=]/

/** `Ann-12` becomes `Aaa-NN`; what is longer than 40 characters is cut, with `...`. Line breaks and tabs become blanks. */
export function valueShape(value: string): string {
  const characters = Array.from(value.slice(0, MAX_LENGTH), shapeOf)
  return characters.join('') + (value.length > MAX_LENGTH ? '...' : '')
}

function shapeOf(character: string): string {
  if (/\p{N}/u.test(character)) return 'N'
  if (/[\p{Lu}\p{Lt}]/u.test(character)) return 'A'
  if (/\p{L}/u.test(character)) return 'a'
  if (/\s/u.test(character)) return ' '
  return KEPT.test(character) ? character : '?'
}
