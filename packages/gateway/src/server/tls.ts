/** The certificate of the listener, from the files that the settings name. */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { GatewayError } from '../errors.ts'

/** A certificate chain and its private key, as PEM. */
export interface TlsFiles {
  cert: Buffer
  key: Buffer
}

/**
 * Reads and tries the files; undefined if none are named.
 * @throws GatewayError `configuration` for one without the other, or a pair that cannot be used
 */
export function readTls(paths: {
  tlsCertFile: string | undefined
  tlsKeyFile: string | undefined
}): TlsFiles | undefined {
  const { tlsCertFile, tlsKeyFile } = paths
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    const needed = 'SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE are needed together'
    throw new GatewayError('configuration', needed)
  }
  try {
    const files = { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) }
    createSecureContext(files)
    return files
  } catch (error) {
    const { code, path = `${tlsCertFile} and ${tlsKeyFile}` } = error as NodeJS.ErrnoException
    throw new GatewayError(
      'configuration',
      `Cannot use ${path} (${code}); check SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE`,
    )
  }
}
