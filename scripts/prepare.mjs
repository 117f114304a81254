// Makes a checkout ready to run: installs when node_modules is absent or older than the lock file, then builds.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const minimum = [20, 19]

/** Runs npm in the repository's root and ends this process with its exit code if it fails. */
function npm(...args) {
  const windows = process.platform === 'win32'
  const result = spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
  })
  if (result.status !== 0) process.exit(result.status ?? 1)
}

/**
 * npm writes node_modules/.package-lock.json when it finishes: its absence or age says that an install is due. It also
 * writes it when it left out what builds, so that is looked for as well.
 */
function installIsDue() {
  const marker = join(root, 'node_modules', '.package-lock.json')
  return (
    !existsSync(marker) ||
    !existsSync(join(root, 'node_modules', 'typescript')) ||
    statSync(marker).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs
  )
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
  console.error(
    `Sluice needs Node.js ${minimum.join('.')} or newer; this is ${process.versions.node}.`,
  )
  process.exit(1)
}
if (installIsDue()) {
  console.error('Installing dependencies (first run only) ...')
  // With the compiler, also where NODE_ENV=production would leave it out.
  npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error')
}
npm('run', '--silent', 'build')
