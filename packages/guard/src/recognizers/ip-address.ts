// IP addresses: version 4 in dotted decimal, version 6 in all text forms of RFC 4291, section 2.2, with the length of a
// prefix (section 2.3) and a zone (RFC 4007, section 11).
import type { Recognizer } from '../recognizer.ts'

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const DOTTED = `(?:${OCTET}\\.){3}${OCTET}`
/** The first part of an address that is more than that of a version. */
const LARGE = '(?:1\\d\\d|2[0-4]\\d|25[0-5])'
/** The first group of an address that is assigned (IANA, "Internet Protocol Version 6 Address Space"). */
const ASSIGNED = '(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe80|ff0[0-9a-f])'
const V4_BEFORE = '(?<![A-Za-z0-9.])'
const V4_AFTER = '(?:/(?:3[0-2]|[12]?\\d))?(?![A-Za-z0-9])'
const V6_AFTER = '(?:%[\\w.-]{0,15}[A-Za-z0-9])?(?:/\\d{1,3})?(?![A-Za-z0-9:])'

/** What other numbers of four parts are of: versions, sections, object identifiers. */
const NUMBERED = (
  'version* ver v release* revision* build* firmware* update* upgrade* section* chapter* clause* article* paragraph* ' +
  'appendix annex oid* abschnitt* kapitel* seccion secao chapitre* versie versione* sezione'
).split(' ')

const HOSTS =
  'ip* addr* address* host* server* client* subnet* network* cidr gateway* router* dns proxy node* peer* remote ping*'.split(
    ' ',
  )

export const ipAddress: Recognizer = {
  entity: 'IP_ADDRESS',
  context: HOSTS,
  against: NUMBERED,
  lookalikes: [
    // Object identifiers (ITU-T X.660) and other numbers of more than four parts
    '(?<![\\w.])\\d{1,9}(?:\\.\\d{1,9}){4,9}',
    // 1.2.3.4-beta
    '(?<![\\w.])\\d{1,5}(?:\\.\\d{1,5}){3}-(?:alpha|beta|rc|pre|dev|SNAPSHOT)',
    // Chrome/120.0.0.0, a version of which browsers tell no more (User-Agent reduction)
    '(?<=[A-Za-z])/\\d{1,3}\\.0\\.0\\.0',
    // ::ffff:256.0.0.1, of which ::ffff:256 is none, either
    '(?<![\\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}\\d{1,3}(?:\\.\\d{1,3}){2}',
  ],
  patterns: [
    { source: `${V4_BEFORE}${DOTTED}${V4_AFTER}`, score: 0.6, againstScore: 0.2 },
    { source: `${V4_BEFORE}${LARGE}(?:\\.${OCTET}){3}${V4_AFTER}`, score: 0.6 },
    {
      source: `(?<![\\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|${DOTTED})${V6_AFTER}`,
      flags: 'i',
      score: 0.6,
      check: scoreOfIpv6,
    },
    {
      // host:2001:db8::1
      source: `(?<=:)${ASSIGNED}:(?:[0-9a-f]{0,4}:){1,6}(?:[0-9a-f]{0,4}|${DOTTED})${V6_AFTER}`,
      flags: 'i',
      score: 0.6,
      check: scoreOfIpv6,
    },
  ],
}

function scoreOfIpv6(value: string): number {
  return isIpv6(value.replace(/[%/].*/, '')) ? 0.6 : 0
}

/** Eight groups, or fewer with one `::`; a dotted tail counts as two. */
function isIpv6(value: string): boolean {
  const [head = '', tail, ...more] = value.split('::')
  if (more.length > 0) return false
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')]
  if (groups.some((group) => group === '')) return false
  const count = groups.length + (groups.at(-1)?.includes('.') === true ? 1 : 0)
  if (tail === undefined) return count === 8 && !isHardware(groups)
  return count < 8 && !groups.some(isMixed) && isNoName(value)
}

/** EUI-64 in the notation of IEEE 802: eight times two digits. */
function isHardware(groups: readonly string[]): boolean {
  return groups.every((group) => group.length === 2)
}

/** Small and capital letters in one group, as names have them. */
function isMixed(group: string): boolean {
  return /[a-f]/.test(group) && /[A-F]/.test(group)
}

/**
 * Programs write `fe::Ba` for names in names and `[1::2]` for every second item. An address that is shortened begins with
 * a group of three or four digits, as all that are assigned do (IANA, "Internet Protocol Version 6 Address Space"), or
 * with `::` before 1 or more than one group; and somewhere it has a decimal digit.
 */
function isNoName(value: string): boolean {
  return /\d/.test(value) && /^(?:[0-9a-f]{3,4}:|64:ff9b:|::1$|::.*[:.])/i.test(value)
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':')
}
