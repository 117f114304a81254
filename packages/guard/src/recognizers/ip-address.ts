// IP addresses: version 4 in dotted decimal, version 6 in all text forms of RFC 4291, section 2.2.
import type { Recognizer } from '../recognizer.ts'

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'

export const ipAddress: Recognizer = {
  entity: 'IP_ADDRESS',
  patterns: [
    { source: `(?<![\\w.])(?:${OCTET}\\.){3}${OCTET}(?!\\w)`, score: 0.6 },
    {
      source: `(?<![\\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|(?:${OCTET}\\.){3}${OCTET})(?![\\w:])`,
      flags: 'i',
      score: 0.6,
      check: (value) => (isIpv6(value) ? 0.6 : 0),
    },
  ],
}

/** Eight groups, or fewer with one `::`; a dotted tail counts as two. `::` alone says nothing. */
function isIpv6(value: string): boolean {
  const [head = '', tail, ...more] = value.split('::')
  if (more.length > 0 || value === '::') return false
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')]
  if (groups.some((group) => group === '')) return false
  const count = groups.length + (groups.at(-1)?.includes('.') === true ? 1 : 0)
  return tail === undefined ? count === 8 : count < 8
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':')
}
