// E-mail addresses: RFC 5321, section 4.1.2, with letters of all scripts as RFC 6531 allows them, in the forms that are
// in use: no address literals, and quoted local parts of one or two words.
import type { Recognizer } from '../recognizer.ts'

/** Latin, Greek and Cyrillic letters, and digits. */
const LETTER = 'A-Za-z0-9\\u00c0-\\u024f\\u0370-\\u052f'
/** Letters of other scripts: sentences in some of them run on without a blank, so they never mix with the others. */
const OTHER = '\\u0531-\\u1fff\\u2c80-\\u2dff\\u3005-\\u3007\\u3041-\\ud7ff\\uf900-\\ufdff'

const TLD = '(?:[A-Za-z\\u00c0-\\u024f\\u0370-\\u052f]{2,24}|xn--[a-z0-9-]{2,59})(?![A-Za-z])'
const DOMAIN = `(?:(?:[${LETTER}-]+\\.)+${TLD}|(?:[${OTHER}-]+\\.)+(?:[${OTHER}]{2,}|(?:[${LETTER}-]+\\.)*${TLD}))`

// Starting where a word starts and not at each of its letters saves the automaton a thread for each letter.
const LOCAL = `(?<![${LETTER}_%+])[${LETTER}_%+][${LETTER}_.%+'-]*`
const OTHER_LOCAL = `(?<![${OTHER}])[${OTHER}][${OTHER}0-9_.-]*`
const QUOTED = '"[^\\s"@<>]+(?: [^\\s"@<>]+)?"'

/**
 * File extensions and kinds of files that no top-level domain is called by (IANA Root Zone Database, 2026): `logo@2x.png`
 * and `getty@tty1.service` are names of files.
 */
const NO_TLD = new Set(
  (
    'png jpg jpeg gif svg webp avif bmp ico tif tiff pdf css scss sass less js mjs cjs jsx tsx ts vue json ' +
    'html htm xml yml yaml toml txt csv tsv log conf cfg ini lock wasm ttf woff woff eot webm wav ' +
    'git exe dll tar gz tgz xz rar jar whl deb rpm dmg iso bak tmp service socket timer mount slice ' +
    'device swift cpp hpp hs kt rb go java class'
  ).split(' '),
)

export const emailAddress: Recognizer = {
  entity: 'EMAIL_ADDRESS',
  // host:path with a user, as version control systems name repositories (Git, "git-clone", Git URLs)
  lookalikes: [`${LOCAL}@${DOMAIN}:[A-Za-z0-9_.~-]{0,40}(?:/|\\.git)`],
  patterns: [
    {
      source: `(?:${LOCAL}|${OTHER_LOCAL}|${QUOTED})@${DOMAIN}`,
      score: 1,
      check: (value) => (isAddress(value) ? 1 : 0),
    },
  ],
}

function isAddress(value: string): boolean {
  const at = value.lastIndexOf('@')
  const domain = value.slice(at + 1)
  const tld = domain.slice(domain.lastIndexOf('.') + 1)
  return !isVersion(domain) && !isNoTld(tld) && !isAnnotation(domain)
}

/** `package@1.2.3-beta.next`, `icon@2x.tiles`; `163.com` is a domain. */
function isVersion(domain: string): boolean {
  return /^v?\d+(?:\.\d|x\.)/.test(domain)
}

/** In lower case, in capitals, or with one capital: `mediaEditLink` is a name in a program. */
function isNoTld(tld: string): boolean {
  return NO_TLD.has(tld.toLowerCase()) || /[a-z][A-Z]|^[A-Z]{2,}[a-z]/.test(tld)
}

/** OData JSON Format 4.01, section 4.6: names of control information. */
function isAnnotation(domain: string): boolean {
  return domain.startsWith('odata.')
}
