/** Text for a terminal: colour only where a person looks, and never an escape sequence that came from elsewhere. */

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const
export type Colour = keyof typeof CODES

/** Colours text if `stream` is a terminal; `NO_COLOR` (https://no-color.org) turns it off. */
export function paint(colour: Colour, text: string, stream: NodeJS.WriteStream): string {
  if (!stream.isTTY || (process.env.NO_COLOR ?? '') !== '') return text
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`
}

/**
 * Makes foreign text harmless: control characters but newline and tab become visible, so that an answer cannot move the
 * cursor, set the title or answer for the user. Covers C0, DEL, C1 and the bidirectional overrides.
 */
export function neutralise(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `\\u{${code.toString(16)}}`
  })
}

/** One line of JSON in which what JSON leaves raw and a terminal obeys is escaped, too. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(CONTROLS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g
