// Reads the action of a rule: checks its fields, and says what is shown in place of a value.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { ActionKind } from './finding.ts'
import { foldIdentifiers } from './fold.ts'
import { ACTION_KINDS, type Action, isActionKind } from './operators.ts'
import { PolicyError } from './policy-error.ts'
import { requireFields, requireString } from './shape.ts'

const ACTION_FIELDS: Readonly<Record<ActionKind, readonly string[]>> = {
  block: ['kind'],
  redact: ['kind', 'label'],
  replace: ['kind', 'with'],
  hash: ['kind', 'key'],
  pseudonymize: ['kind'],
  mask: ['kind', 'keepLast', 'character'],
  observe: ['kind'],
}
const MIN_KEY_BYTES = 16

/** @throws PolicyError whose path begins at the rule if this is no action, or one that could not be done. */
export function checkAction(action: Action): void {
  if (!isActionKind(action?.kind)) {
    throw new PolicyError('unknown_action', `expected one of ${ACTION_KINDS.join(', ')}`, {
      path: 'action.kind',
    })
  }
  requireFields(action, ACTION_FIELDS[action.kind], 'action')
  if (action.kind === 'replace') requireString(action.with, 'action.with')
  if (action.kind === 'redact' && action.label !== undefined)
    requireString(action.label, 'action.label')
  if (action.kind === 'hash') checkKey(action.key)
  if (action.kind === 'mask') checkMask(action.keepLast ?? 0, action.character ?? '*')
}

function checkKey(key: unknown): void {
  requireString(key, 'action.key')
  if (utf8ToBytes(key).length < MIN_KEY_BYTES) {
    throw new PolicyError('hash_key_too_short', `a key needs at least ${MIN_KEY_BYTES} bytes`, {
      path: 'action.key',
    })
  }
}

function checkMask(keepLast: unknown, character: unknown): void {
  if (typeof keepLast !== 'number' || !Number.isInteger(keepLast) || keepLast < 0) {
    throw new PolicyError('invalid_rule', 'expected a whole number from 0', {
      path: 'action.keepLast',
    })
  }
  if (typeof character !== 'string' || character.length !== 1) {
    throw new PolicyError('invalid_rule', 'expected one character', { path: 'action.character' })
  }
}

/** What is shown in place of a value by an action: text that does not depend on where the stream was cut. */
export function labelOf(action: Action, entity: string): (value: string) => string {
  switch (action.kind) {
    case 'replace':
      return () => action.with
    case 'hash': {
      const key = utf8ToBytes(action.key)
      return (value) => {
        const mac = hmac(sha256, key, utf8ToBytes(foldIdentifiers(value)))
        return `[${entity}:${bytesToHex(mac.slice(0, 16))}]`
      }
    }
    case 'redact':
      return () => action.label ?? `[${entity}]`
    case 'pseudonymize':
      return () => `[${entity}]`
    default:
      return () => ''
  }
}
