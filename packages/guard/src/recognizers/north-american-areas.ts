// The area codes of the North American Numbering Plan that are in service, with those for special services (NANPA, Numbering
// Plan Area report, 2026). A few are added each year; a number with a new one still needs a word before it.

/** By the first two digits: the third ones. */
const AREAS =
  '20:123456789 21:023456789 22:03456789 23:14569 24:02689 25:0123467 26:023789 27:023469 28:139 30:123456789 ' +
  '31:023456789 32:01345679 33:0124679 34:013567 35:01234 36:01345789 38:0256 40:123456789 41:023456789 42:3458 ' +
  '43:0124578 44:0123578 45:08 46:3489 47:0234589 48:04 50:0123456789 51:023456789 52:0123456789 53:012349 ' +
  '54:0148 55:179 56:123467 57:01234579 58:01245678 60:0123456789 61:023456789 62:023689 63:01369 64:01567 ' +
  '65:016789 66:01279 67:0128 68:012369 70:123456789 71:23456789 72:045678 73:012478 74:02378 75:3478 76:02359 ' +
  '77:01234589 78:0124567 80:0123456789 81:023456789 82:015689 83:0123589 84:0345789 85:0456789 86:02345678 ' +
  '87:0236789 88:8 90:0123456789 91:023456789 92:0589 93:0146789 94:01235789 95:12469 97:0123589 98:034569'

const KNOWN = new Set(
  AREAS.split(' ').flatMap((entry) =>
    [...entry.slice(3)].map((digit) => entry.slice(0, 2) + digit),
  ),
)

/** Ten digits, or eleven that begin with 1: the area is in service, and the exchange is none of 211 to 911. */
export function isInService(digits: string): boolean {
  const number = digits.slice(-10)
  return KNOWN.has(number.slice(0, 3)) && number.slice(4, 6) !== '11'
}
