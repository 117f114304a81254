/** A certificate that a test makes for 127.0.0.1 with the command openssl. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  pem(): Buffer
  /** Replaces certificate and key. */
  renew(): void
}

export function certificate(): Certificate {
  const folder = temporaryFolder()
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const about = ['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', keyFile, '-out', certFile]
  const renew = () => {
    execFileSync('openssl', ['req', '-x509', ...key, ...about, ...files], { stdio: 'ignore' })
  }
  renew()
  return { certFile, keyFile, pem: () => readFileSync(certFile), renew }
}
