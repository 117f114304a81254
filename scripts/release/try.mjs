// `node scripts/release/try.mjs [ARCHIVES]`: installs the packed packages from their archives into an empty folder, as a
// user does, and runs them on each Node.js version that is supported. Needs a package registry; packs first if no folder
// of archives is named. NODES=22,24 chooses the versions.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packAll } from './pack.mjs'

const NODES = (process.env.NODES ?? '20,22,24').split(',')
const SMOKE = fileURLToPath(new URL('smoke.mjs', import.meta.url))

/** @param {string} folder @param {string} command @param {string[]} args */
function run(folder, command, args) {
  const shell = process.platform === 'win32'
  const { status } = spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-try-'))
try {
  const [given] = process.argv.slice(2)
  if (given === undefined) await packAll(folder)
  const archives = resolve(given ?? folder)
  const files = readdirSync(archives).filter((name) => name.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n')
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  run(folder, 'npm', [...install, 'ws@8', ...files.map((name) => join(archives, name))])
  copyFileSync(SMOKE, join(folder, 'smoke.mjs'))
  for (const version of NODES) {
    console.log(`\n== Node.js ${version}`)
    run(folder, 'npx', ['-y', '-p', `node@${version}`, 'node', '--version'])
    run(folder, 'npx', ['-y', '-p', `node@${version}`, 'node', 'smoke.mjs'])
    run(folder, 'npx', ['-y', '-p', `node@${version}`, '--', 'sluice', '--version'])
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
