/** A certificate that a test makes for 127.0.0.1 with the command openssl. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  pem(): Buffer
  /** Replaces certificate and key. */
  renew(): void
}

interface CertificateOptions {
  type?: 'ec' | 'rsa' | 'ed25519'
}

const KEY_TYPES = {
  ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  rsa: ['rsa:2048'],
  ed25519: ['ed25519'],
}

export function certificate({ type = 'ec' }: CertificateOptions = {}): Certificate {
  const folder = temporaryFolder()
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const key = ['-newkey', ...KEY_TYPES[type], '-nodes']
  const about = ['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', keyFile, '-out', certFile]
  const renew = () => {
    execFileSync('openssl', ['req', '-x509', ...key, ...about, ...files], {
      stdio: 'ignore',
    })
  }
  renew()
  return { certFile, keyFile, pem: () => readFileSync(certFile), renew }
}

const AUTHORITY = `[ca]
default_ca = own
[own]
database = index
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
`

/** A certificate whose time was one day, from then on (`YYYYMMDD`); a certificate authority may write any time. */
export function endedCertificate(day: string): Certificate {
  const made = certificate()
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'index'), '')
  writeFileSync(join(cwd, 'authority'), AUTHORITY)
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'ignore' })
  run('req', '-new', '-key', made.keyFile, '-subj', '/CN=localhost', '-out', 'request')
  const times = ['-startdate', `${day}000000Z`, '-enddate', `${day}235959Z`]
  const signed = ['-in', 'request', '-keyfile', made.keyFile, '-out', made.certFile]
  run('ca', '-batch', '-selfsign', '-notext', '-config', 'authority', ...times, ...signed)
  return made
}
