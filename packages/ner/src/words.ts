/** A text in words, with their places: what the model is asked about, and what its answers are about. */

export interface Word {
  readonly text: string
  /** UTF-16 offset in the text. */
  readonly start: number
  readonly end: number
}

/** A run of letters, digits and marks, or any other visible character by itself: as BERT's tokenizers split texts. */
const WORD = /[\p{L}\p{M}\p{N}]+|[^\s\p{C}]/gu

export function wordsOf(text: string): Word[] {
  const words: Word[] = []
  for (const { 0: word, index } of text.matchAll(WORD))
    words.push({ text: word, start: index, end: index + word.length })
  return words
}

/** Whether a word begins with a capital letter, or is of a script that has none. */
export function isCapitalised(word: string): boolean {
  return /^(?:\p{Lu}|\p{Lt}|\p{Lo})/u.test(word)
}
