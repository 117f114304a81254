// What a rule does to what it found: how concealing each action is, and the text that is shown instead.
import { characterAt, codePointOf, unitsOf } from './characters.ts'
import type { ActionKind } from './finding.ts'

/** What to do with a match. */
export type Action =
  /** Ends the stream at the first certain match; none of the match is shown. */
  | { readonly kind: 'block' }
  /** Shows a label. Default `[ENTITY]`. */
  | { readonly kind: 'redact'; readonly label?: string }
  /** Shows a fixed text. */
  | { readonly kind: 'replace'; readonly with: string }
  /** Shows the entity and 128 bits of HMAC-SHA-256 of the value. The key: at least 16 bytes of UTF-8. */
  | { readonly kind: 'hash'; readonly key: string }
  /**
   * Shows `character` (default `*`) for each character but the last `keepLast` letters and digits (default 0; never
   * more than half of them).
   */
  | { readonly kind: 'mask'; readonly keepLast?: number; readonly character?: string }
  /**
   * Shows a stand-in, which becomes the value again in the answer: of texts of a request alone. Without the stream's
   * `pseudonyms`, and for a match that is longer than the policy's `maxSpan`, it shows `[ENTITY]`.
   */
  | { readonly kind: 'pseudonymize' }
  /** Reports the match and leaves the text as it is. */
  | { readonly kind: 'observe' }

/**
 * Where matches overlap, the highest number decides, character by character. A pseudonym conceals less than what never
 * comes back, and more than a mask, which may show a part.
 */
const CONCEALMENT: Readonly<Record<ActionKind, number>> = {
  block: 6,
  redact: 5,
  replace: 4,
  hash: 4,
  pseudonymize: 3,
  mask: 2,
  observe: 1,
}

export function concealmentOf(kind: ActionKind): number {
  return CONCEALMENT[kind]
}

export function isActionKind(kind: unknown): kind is ActionKind {
  return typeof kind === 'string' && Object.hasOwn(CONCEALMENT, kind)
}

export const ACTION_KINDS: readonly string[] = Object.keys(CONCEALMENT)

/** Whether the whole match is shown as one short text, so that it can go out as soon as the match is certain. */
export function isLabel(kind: ActionKind): boolean {
  return kind !== 'block' && kind !== 'mask' && kind !== 'observe'
}

/** Whether what is shown instead is made of the match. */
export function usesValue(kind: ActionKind): boolean {
  return kind === 'hash' || kind === 'mask' || kind === 'pseudonymize'
}

/** The offset in `value` from which the last `keepLast` letters and digits are kept; at least half stay masked. */
export function keptFrom(value: string, keepLast: number): number {
  const places: number[] = []
  for (let at = 0; at < value.length; ) {
    const character = characterAt(value, at)
    if (/[\p{L}\p{N}]/u.test(String.fromCodePoint(codePointOf(character)))) places.push(at)
    at += unitsOf(character)
  }
  const kept = Math.min(keepLast, Math.floor(places.length / 2))
  return kept === 0 ? value.length : (places.at(-kept) ?? value.length)
}
