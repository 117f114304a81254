/** Strict base64url (RFC 4648, section 5): every text has one form, so no second one passes for it. */

/** The bytes; undefined for padding, other characters and bits left over, which `Buffer` skips without a word. */
export function base64urlBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
