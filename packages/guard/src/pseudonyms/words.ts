// Where a word goes on: a stand-in begins only where none does, unless the request had it there.
import { isSpaceless } from '../matcher/word-classes.ts'

const ASCII_WORD = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  /\w/.test(String.fromCharCode(unit)) ? 1 : 0,
)

/** Whether a word goes on behind a character. Scripts without spaces have no such words. */
export function isWord(unit: number): boolean {
  if (unit < 0x80) return ASCII_WORD[unit] === 1
  const character = String.fromCharCode(unit)
  return /[\p{L}\p{N}]/u.test(character) && !isSpaceless(character.codePointAt(0) ?? 0)
}

/** Whether a text ends in a word that would go on with what is put behind it. */
export function endsInWord(text: string): boolean {
  return text !== '' && isWord(text.charCodeAt(text.length - 1))
}
