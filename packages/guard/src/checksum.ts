// Check digits that more than one kind of number uses. Arithmetic only; which numbers use it is the recognizers'.

/** The ASCII digits of a value, separators dropped. */
export function digitsOf(value: string): string {
  let digits = ''
  let from = 0
  for (let i = 0; i < value.length; i += 1) {
    const unit = value.charCodeAt(i)
    if (unit >= 0x30 && unit <= 0x39) continue
    if (from < i) digits += value.slice(from, i)
    from = i + 1
  }
  return from === 0 ? value : digits + value.slice(from)
}

/**
 * ISO/IEC 7812-1, annex B: from the right, every second digit doubled, the digits' sum divisible by 10. Not all zero.
 * What is no digit is passed over.
 */
export function passesLuhn(value: string): boolean {
  let sum = 0
  let isDoubled = false
  for (let i = value.length - 1; i >= 0; i -= 1) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) continue
    const weighted = isDoubled ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
    isDoubled = !isDoubled
  }
  return sum > 0 && sum % 10 === 0
}

/** ISO/IEC 7064 MOD 97-10 as ISO 13616 uses it: `characters` are digits and capitals, letters count from 10. */
export function mod97(characters: string): number {
  let remainder = 0
  for (let i = 0; i < characters.length; i += 1) {
    const unit = characters.charCodeAt(i)
    const isDigit = unit <= 0x39
    remainder = isDigit
      ? (remainder * 10 + unit - 0x30) % 97
      : (remainder * 100 + unit - 0x41 + 10) % 97
  }
  return remainder
}
