// E-mail addresses: RFC 5321, section 4.1.2, with letters of all scripts as RFC 6531 allows them, in the forms that are
// in use: no address literals, and quoted local parts of one or two words.
import type { Recognizer } from '../recognizer.ts'

/** Latin, Greek and Cyrillic letters, and digits. */
const BEYOND_ASCII = '\\u00c0-\\u024f\\u0370-\\u052f'
const LETTER = `A-Za-z0-9${BEYOND_ASCII}`
/** Letters of other scripts: sentences in some of them run on without a blank, so they never mix with the others. */
const OTHER = '\\u0531-\\u1fff\\u2c80-\\u2dff\\u3005-\\u3007\\u3041-\\ud7ff\\uf900-\\ufdff'

/** In small letters, in capitals, or with one capital: `mediaEditLink` is a name in a program. */
const TLD = `(?:[A-Za-z${BEYOND_ASCII}][a-z${BEYOND_ASCII}]{1,23}|[A-Z]{2,24}|xn--[a-z0-9-]{2,59})(?![A-Za-z])`
const DOMAIN = `(?:(?:[${LETTER}-]+\\.)+${TLD}|(?:[${OTHER}-]+\\.)+(?:[${OTHER}]{2,}|(?:[${LETTER}-]+\\.)*${TLD}))`

// Starting where a word starts and not at each of its letters saves the automaton a thread for each letter.
const LOCAL = `(?<![${LETTER}_%+])[${LETTER}_%+][${LETTER}_.%+'-]*`
const OTHER_LOCAL = `(?<![${OTHER}])[${OTHER}][${OTHER}0-9_.-]*`
const QUOTED = '"[^\\s"@<>]+(?: [^\\s"@<>]+)?"'

/** HTML writes it as a character reference, and people who hide an address from machines as a word. */
const AT = '(?:@|&#(?:64|[xX]40);|&commat;|\\[at\\]|\\(at\\))'

/**
 * File extensions and kinds of files that no top-level domain is called by (IANA Root Zone Database, 2026): `logo@2x.png`
 * and `getty@tty1.service` are names of files.
 */
const FILE_EXTENSIONS =
  'png|jpe?g|gif|svg|webp|avif|bmp|ico|tiff?|pdf|s?css|sass|less|[mc]?jsx?|tsx?|vue|json|html?|xml|ya?ml|toml|txt|csv|tsv|' +
  'log|conf|cfg|ini|lock|wasm|ttf|woff|eot|webm|wav|git|exe|dll|tar|t?gz|xz|rar|jar|whl|deb|rpm|dmg|iso|bak|tmp|' +
  'service|socket|timer|mount|slice|device|swift|cpp|hpp|kt|rb|go|java|class'

const LOOKALIKES = [
  `(?:[A-Za-z0-9_-]+\\.)+(?:${FILE_EXTENSIONS})`,
  // package@1.2.3-beta.next, but 163.com is a domain
  'v?\\d+\\.\\d[A-Za-z0-9_.+-]*',
  // icon@2x.tiles
  '\\dx\\.[A-Za-z]{2,10}',
  // Names of control information in OData JSON Format 4.01, section 4.6
  'odata\\.[A-Za-z.]{2,}',
  // host:path with a user, as version control systems name repositories (Git, "git-clone", Git URLs)
  `${DOMAIN}:[A-Za-z0-9_.~-]{0,40}(?:/|\\.git)`,
]

export const emailAddress: Recognizer = {
  entity: 'EMAIL_ADDRESS',
  lookalikes: [`${LOCAL}@(?:${LOOKALIKES.join('|')})`],
  patterns: [{ source: `(?:${LOCAL}|${OTHER_LOCAL}|${QUOTED})${AT}${DOMAIN}`, score: 1 }],
}
