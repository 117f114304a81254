// `npm run release`: makes everything that a release consists of in release/, tries it, and says how to publish it. It
// publishes nothing. Steps: one version, a changelog, checks, a clean build, archives, a bill of materials, sums, a trial.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from './packages.mjs'
import { packAll } from './release/pack.mjs'
import { read, root } from './repository.mjs'

const folder = join(root, 'release')

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  console.log(`\n== ${command} ${args.join(' ')}`)
  const shell = process.platform === 'win32'
  execFileSync(command, args, { cwd: root, stdio: 'inherit', shell })
}

function assertReady() {
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })
  if (changed !== '') throw new Error(`Commit first:\n${changed}`)
  const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`, 'm')
  if (!heading.test(read('CHANGELOG.md'))) {
    throw new Error(`CHANGELOG.md needs a heading "## ${version} - YYYY-MM-DD"`)
  }
}

/** CycloneDX, by npm itself: what is installed in production, from the lock file. */
function billOfMaterials() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit=dev', '--package-lock-only']
  const shell = process.platform === 'win32'
  const text = execFileSync('npm', args, { cwd: root, shell, maxBuffer: 64 * 1024 * 1024 })
  writeFileSync(join(folder, `sluice-${version}.cdx.json`), text)
}

function sums() {
  const lines = readdirSync(folder).map((name) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
    return `${digest}  ${name}\n`
  })
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''))
}

assertReady()
run('node', 'scripts/version.mjs')
run('npm', 'run', 'clean')
run('npm', 'run', 'build')
run('npm', 'run', 'check')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
const packed = await packAll(folder)
billOfMaterials()
sums()
run('node', 'scripts/release/try.mjs', folder)
console.log(`
release/ has ${packed.length} archives, their bill of materials and sums. Nothing was published. To publish, in a
workflow that may sign (provenance needs the repository's address in each package.json and an OIDC token):
  git tag -s v${version}
  for archive in release/*.tgz; do npm publish "$archive" --provenance --access public; done`)
