/** Reads the setting `SLUICE_AUDIT`. Opening what it names is for audit.ts. */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { SETTINGS } from '../config/settings.ts'
import { GatewayError } from '../errors.ts'

/** Where the audit goes. */
export type AuditTarget =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }

/**
 * `off`, or the path of the SQLite file; without a value, the setting's default.
 * @throws GatewayError `configuration` for a URL or `:memory:`: those would look like an audit and keep none.
 */
export function parseAuditTarget(value: string | undefined): AuditTarget {
  const text = value?.trim() || SETTINGS.audit.default
  if (text.toLowerCase() === 'off') return { kind: 'off' }
  if (text === ':memory:' || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.startsWith('file:')) {
    throw new GatewayError(
      'configuration',
      'SLUICE_AUDIT must be "off" or the path of a file; URLs and ":memory:" are not supported',
    )
  }
  return { kind: 'file', path: text }
}

/**
 * Finds out whether the file can be written or made, and makes none.
 * @throws GatewayError `configuration` when neither is possible
 */
export function assertWritable(target: AuditTarget): void {
  if (target.kind === 'off') return
  const { path } = target
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new GatewayError(
      'configuration',
      `The audit file ${path} cannot be written (${code}); SLUICE_AUDIT names a file in a folder that exists, or "off"`,
      { cause: error },
    )
  }
}
