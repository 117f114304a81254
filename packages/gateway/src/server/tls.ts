/** The certificate of the listener, from the files that the settings name. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { GatewayError } from '../errors.ts'

/** A certificate chain and its private key, as PEM. */
export interface TlsFiles {
  cert: Buffer
  key: Buffer
}

/** What tells one certificate from another, and from when to when it is good. */
export interface CertificateFacts {
  fingerprint: string
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
}

export interface Tls {
  files: TlsFiles
  certificate: CertificateFacts
}

/**
 * Reads and tries the files; undefined if none are named.
 * @throws GatewayError `configuration` for one without the other, or a pair that cannot be used together
 */
export function readTls(paths: {
  tlsCertFile: string | undefined
  tlsKeyFile: string | undefined
}): Tls | undefined {
  const { tlsCertFile, tlsKeyFile } = paths
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    const needed = 'SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE are needed together'
    throw new GatewayError('configuration', needed)
  }
  try {
    const files = { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) }
    createSecureContext(files)
    const certificate = new X509Certificate(files.cert)
    // OpenSSL itself takes a key of another type, and then no handshake succeeds.
    if (!certificate.checkPrivateKey(createPrivateKey(files.key))) throw new MismatchError()
    return { files, certificate: factsOf(certificate) }
  } catch (error) {
    const { code, path = `${tlsCertFile} and ${tlsKeyFile}` } = error as NodeJS.ErrnoException
    throw new GatewayError(
      'configuration',
      `Cannot use ${path} (${code}); check SLUICE_TLS_CERT_FILE and SLUICE_TLS_KEY_FILE`,
    )
  }
}

class MismatchError extends Error {
  readonly code = 'the key is not the one of the certificate'
}

function factsOf({ fingerprint256, validFrom, validTo }: X509Certificate): CertificateFacts {
  return {
    fingerprint: fingerprint256,
    notBefore: Date.parse(validFrom),
    notAfter: Date.parse(validTo),
  }
}

/** Why clients will not take a certificate at a time (milliseconds since the epoch), or undefined. */
export function certificateProblem(
  { notBefore, notAfter }: CertificateFacts,
  now: number,
): string | undefined {
  if (now > notAfter) return `it expired at ${new Date(notAfter).toISOString()}`
  return now < notBefore ? `it is not valid before ${new Date(notBefore).toISOString()}` : undefined
}
