// Whether a place in an answer lies in a link, in its target or in an attribute of HTML, by the text before it alone: what
// stands there is sent to a server as soon as somebody's browser shows the answer. What becomes a link only by the text
// behind it is not seen. In doubt a place is one of a link.

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const SLASH = 0x2f
const COLON = 0x3a
const SEMICOLON = 0x3b
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e
const QUESTION = 0x3f
const BRACKET_OPEN = 0x5b
const BACKSLASH = 0x5c
const BRACKET_CLOSE = 0x5d
const AMPERSAND = 0x26
const DOUBLE_QUOTE = 0x22
const QUOTE = 0x27
const HASH = 0x23
const PARENTHESIS_OPEN = 0x28
const PARENTHESIS_CLOSE = 0x29
const DOT = 0x2e
const AT = 0x40
const BACKQUOTE = 0x60

/** Kinds of ASCII characters, as bits. */
const BLANK = 1
const LETTER = 2
const NAME = 4
/** Goes on in the scheme of a URL (RFC 3986, section 3.1). */
const SCHEME = 8
/** Begins what follows a scheme. */
const AFTER_COLON = 16
/** May stand before a link definition in its line: a quote or a list. */
const LINE_OPENER = 32
/** Behind it a quote opens; behind anything else it closes, or is an apostrophe. */
const BEFORE_QUOTE = 64

const KINDS = new Uint8Array(0x80)
for (let unit = 0; unit < KINDS.length; unit += 1) {
  const character = String.fromCharCode(unit)
  const is = (pattern: RegExp, bit: number) => (pattern.test(character) ? bit : 0)
  KINDS[unit] =
    is(/\s/, BLANK) |
    is(/[a-z]/i, LETTER) |
    is(/[a-z\d:-]/i, NAME) |
    is(/[a-z\d+.-]/i, SCHEME) |
    is(/[\w/?#%@+~.-]/, AFTER_COLON) |
    is(/[\s>*+\-\d.)]/, LINE_OPENER) |
    is(/[\0\s([{=:,;>|&+\\"'`]/, BEFORE_QUOTE)
}

/** Schemes that make a link of whatever follows. */
const SCHEMES = /^(?:https?|wss?|ftps?|file|data|blob|javascript|vbscript|mailto)$/i
const MAX_SCHEME_LENGTH = 12
const HALF_SCHEME = /^h(?:t(?:tp?)?)?s?$/i
/** Dots of an IPv4 address. */
const ADDRESS_DOTS = 3

type Tag = 'none' | 'opening' | 'name' | 'inside'
/**
 * `waiting`: behind `[label]:`, where the target has not begun. `doubtful`: as that, but no bracket opened the line, so the
 * label began in one before it or there is none; only a target in angle brackets counts.
 */
type Definition = 'none' | 'waiting' | 'doubtful' | 'bracketed'
/** What encloses a string of JSON, of which no character is the end. */
const WHOLE_STRING = -1

export class LinkPlace {
  #before = 0
  /** The word that a scheme or `www` would be, empty if none can be. */
  #word = ''
  /** A word and a colon came just now. */
  #isBehindColon = false
  /** Whether the run of characters without a blank is a link, has a dotted name, an `@`, or a character reference. */
  #isLink = false
  #hasDot = false
  #hasAt = false
  #hasAmpersand = false
  /** Dots with a digit behind them. */
  #numberDots = 0
  /** Whether the colon before came behind one letter: a drive of Windows. */
  #isBehindDrive = false
  /** A slash or backslash came just now, where a path may begin. */
  #beginsPath = false
  /** The quote right behind which the run began, as far as it may yet become a link; 0 if there is none. */
  #opener = 0
  /** The quote that ends the link, blanks do not; 0 if they do. */
  #closer = 0
  /** Open parentheses of a Markdown target; 0 outside of one. */
  #depth = 0
  /** Whether the target is in angle brackets. */
  #isInAngles = false
  #definition: Definition = 'none'
  /** Whether a line began with a bracket; undefined as long as it has not begun. */
  #lineOpensBracket: boolean | undefined
  #tag: Tag = 'none'
  #isInAttribute = false
  /** The quote that ends an attribute's value; 0 outside of quotes. */
  #quote = 0

  get isInLink(): boolean {
    const isTarget = this.#definition !== 'none' && this.#definition !== 'doubtful'
    return this.#isLink || this.#depth > 0 || isTarget || this.#isInAttribute
  }

  /** Forgets everything: a string of JSON begins. One that begins with a link is one to its end. */
  beginString(): void {
    this.reset()
    this.#opener = WHOLE_STRING
  }

  /** Forgets everything: another text begins. */
  reset(): void {
    this.#endRun()
    this.#before = 0
    this.#depth = 0
    this.#isInAngles = false
    this.#definition = 'none'
    this.#lineOpensBracket = undefined
    this.#leaveTag()
  }

  /** Takes a word that is shown as another one. */
  takeWord(): void {
    this.#word = ''
    this.#isBehindColon = false
    this.#lineOpensBracket ??= false
    this.#before = 0
  }

  /** Takes the next character. */
  take(unit: number): void {
    const kind = unit < 0x80 ? (KINDS[unit] ?? 0) : 0
    if (this.#tag !== 'none') this.#takeOfTag(unit, kind)
    if (this.#depth > 0) this.#takeOfTarget(unit)
    if (this.#definition !== 'none') this.#takeOfDefinition(unit, kind)
    if ((kind & BLANK) !== 0) this.#takeBlank(unit)
    else this.#takeVisible(unit, kind)
    if (unit !== CARRIAGE_RETURN) this.#before = unit
  }

  #takeBlank(unit: number): void {
    if (unit === LINE_FEED) this.#lineOpensBracket = undefined
    if (this.#isWithin(this.#closer, unit) || this.#isLeftOut(unit)) return
    this.#endRun()
  }

  /** Whether what a quote has opened goes on behind a blank. */
  #isWithin(quote: number, blank: number): boolean {
    return quote === WHOLE_STRING || (quote !== 0 && blank !== LINE_FEED)
  }

  /** Who reads a URL leaves out blanks before it, and tabs and line ends within its scheme. */
  #isLeftOut(unit: number): boolean {
    if (!this.#isWithin(this.#opener, unit)) return false
    const isLeading = this.#before === 0 || isQuote(this.#before) || isBlank(this.#before)
    return this.#word === '' ? isLeading : unit !== SPACE && HALF_SCHEME.test(this.#word)
  }

  #takeVisible(unit: number, kind: number): void {
    if (this.#lineOpensBracket === undefined && (kind & LINE_OPENER) === 0)
      this.#lineOpensBracket = unit === BRACKET_OPEN
    if (unit === LESS) {
      if (this.#closer === 0) this.#endRun()
      if (this.#tag === 'none') this.#tag = 'opening'
      return
    }
    if (!this.#isLink) this.#takeOfRun(unit, kind)
    else this.#takeOfLink(unit)
    if (this.#before !== BRACKET_CLOSE) return
    if (unit === PARENTHESIS_OPEN && this.#depth === 0) this.#depth = 1
    if (unit === COLON && this.#definition === 'none')
      this.#definition = this.#lineOpensBracket === true ? 'waiting' : 'doubtful'
  }

  /** A quote that ends leaves the rest of the run in the link: some readers take it for a part of it. */
  #takeOfLink(unit: number): void {
    const mayOpen = this.#before === PARENTHESIS_OPEN || this.#before === EQUALS
    if (unit === this.#closer && this.#before !== BACKSLASH) this.#closer = 0
    else if (this.#closer === 0 && mayOpen && isQuote(unit)) this.#closer = unit
  }

  /** A run of characters without a blank; one of them may make a link of all that follow. */
  #takeOfRun(unit: number, kind: number): void {
    if (this.#isBehindColon && (kind & AFTER_COLON) !== 0) this.#isLink = true
    this.#isBehindColon = false
    if (this.#beginsPath && isPathMark(unit)) this.#isLink = true
    this.#beginsPath = isSeparator(unit) && this.#mayPathBegin()
    if ((kind & SCHEME) !== 0) this.#takeOfWord(unit, kind)
    else if (unit === COLON) this.#takeColon()
    else this.#takeMark(unit)
    if (this.#isLink) this.#closer = this.#opener
    const goesOn = (kind & SCHEME) !== 0 || unit === COLON || isSeparator(unit)
    if (isQuote(unit)) this.#opener = this.#opensQuote() ? unit : 0
    else if (this.#isLink || !goesOn) this.#opener = 0
  }

  #opensQuote(): boolean {
    return this.#before < 0x80 && ((KINDS[this.#before] ?? 0) & BEFORE_QUOTE) !== 0
  }

  /** Behind a name or a drive a path goes on: `C:\\Users`. */
  #mayPathBegin(): boolean {
    return !this.#isWordBefore() && !(this.#before === COLON && this.#isBehindDrive)
  }

  #takeOfWord(unit: number, kind: number): void {
    if (unit === DOT && /^www$/i.test(this.#word)) this.#isLink = true
    if (this.#before === DOT && (kind & LETTER) !== 0) this.#hasDot = true
    if (this.#before === DOT && isDigit(unit)) this.#numberDots += 1
    const isGoingOn = this.#word !== '' && this.#word.length <= MAX_SCHEME_LENGTH
    if (isGoingOn) this.#word += String.fromCharCode(unit)
    else if ((kind & LETTER) !== 0 && !this.#isWordBefore()) this.#word = String.fromCharCode(unit)
  }

  #isWordBefore(): boolean {
    return this.#before < 0x80 && ((KINDS[this.#before] ?? 0) & SCHEME) !== 0 && this.#before !== 0
  }

  #takeColon(): void {
    const word = this.#word
    this.#word = ''
    this.#isBehindDrive = word.length === 1
    if (word === '') return
    if (SCHEMES.test(word) || this.#hasAt) this.#isLink = true
    else this.#isBehindColon = true
  }

  #takeMark(unit: number): void {
    this.#word = ''
    if (unit === SLASH && this.#before === SLASH) this.#isLink = true
    const hasHost = this.#hasDot || this.#numberDots >= ADDRESS_DOTS
    if (hasHost && (unit === SLASH || unit === QUESTION || unit === HASH)) this.#isLink = true
    if (unit === AT) this.#hasAt = true
    if (unit === AMPERSAND) this.#hasAmpersand = true
    if (unit === SEMICOLON && this.#hasAmpersand) this.#isLink = true
  }

  #endRun(): void {
    this.#word = ''
    this.#isBehindColon = false
    this.#isLink = false
    this.#hasDot = false
    this.#hasAt = false
    this.#hasAmpersand = false
    this.#numberDots = 0
    this.#beginsPath = false
    this.#opener = 0
    this.#closer = 0
  }

  /** `](` to the parenthesis that closes it, `](<` to `>` and then to that. A blank line ends it, too. */
  #takeOfTarget(unit: number): void {
    if (unit === LINE_FEED && this.#before === LINE_FEED) {
      this.#depth = 0
      this.#isInAngles = false
    } else if (this.#before === BACKSLASH) return
    else if (this.#isInAngles) this.#isInAngles = unit !== GREATER && unit !== LINE_FEED
    else if (unit === LESS) this.#isInAngles = true
    else if (unit === PARENTHESIS_OPEN) this.#depth += 1
    else if (unit === PARENTHESIS_CLOSE) this.#depth -= 1
  }

  /** The target behind `[label]:`, in the same line or the next. */
  #takeOfDefinition(unit: number, kind: number): void {
    if (this.#definition === 'bracketed') {
      const isEscaped = unit === GREATER && this.#before === BACKSLASH
      if ((unit === GREATER && !isEscaped) || unit === LINE_FEED) this.#definition = 'none'
    } else if (unit === LESS) this.#definition = 'bracketed'
    else if ((kind & BLANK) === 0) {
      if (this.#definition === 'waiting') this.#isLink = true
      this.#definition = 'none'
    } else if (unit === LINE_FEED && this.#before === LINE_FEED) this.#definition = 'none'
  }

  /** `<name`, then attributes; what follows an equals sign may be in quotes, and then all up to the next one is. */
  #takeOfTag(unit: number, kind: number): void {
    if (this.#quote !== 0) {
      if (unit === this.#quote) this.#quote = 0
    } else if (unit === GREATER) this.#leaveTag()
    else if (this.#tag === 'inside') this.#takeOfAttributes(unit)
    else if (this.#tag === 'opening') this.#tag = (kind & LETTER) !== 0 ? 'name' : 'none'
    else if ((kind & BLANK) !== 0 || unit === SLASH) this.#tag = 'inside'
    else if ((kind & NAME) === 0) this.#tag = 'none'
  }

  #takeOfAttributes(unit: number): void {
    if (unit === EQUALS) this.#isInAttribute = true
    else if ((unit === DOUBLE_QUOTE || unit === QUOTE) && this.#isInAttribute) this.#quote = unit
  }

  #leaveTag(): void {
    this.#tag = 'none'
    this.#isInAttribute = false
    this.#quote = 0
  }
}

/** Windows takes both for the same. */
function isSeparator(unit: number): boolean {
  return unit === SLASH || unit === BACKSLASH
}

/** What makes the path of another machine of a separator before it: `\\server\share`, `/\server`, `\??\UNC\server`. */
function isPathMark(unit: number): boolean {
  return isSeparator(unit) || unit === QUESTION
}

function isBlank(unit: number): boolean {
  return unit < 0x80 && ((KINDS[unit] ?? 0) & BLANK) !== 0
}

function isQuote(unit: number): boolean {
  return unit === DOUBLE_QUOTE || unit === QUOTE || unit === BACKQUOTE
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}
