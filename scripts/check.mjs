// `npm run check`: everything CI asks of the source besides the tests. Runs all steps and reports each, so that one
// failure does not hide the next.
import { spawnSync } from 'node:child_process'
import { root } from './repository.mjs'

/** @type {[name: string, command: string, ...args: string[]][]} The generated files come after the types, which build what they are made from. */
const steps = [
  ['format and lint', 'npx', '--no-install', 'biome', 'check', '--error-on-warnings', '.'],
  ['prose', 'npx', '--no-install', 'prettier', '--check', '**/*.md'],
  ['types', 'npx', '--no-install', 'tsc', '-b'],
  ['dependency rule', 'node', 'scripts/check-dependencies.mjs'],
  ['unused code', 'npx', '--no-install', 'knip'],
  ['generated files', 'node', 'scripts/generate.mjs', '--check'],
  ['documents', 'node', 'scripts/check-documents.mjs'],
  ['version', 'node', 'scripts/version.mjs'],
]

const failed = []
for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}: ${[command, ...args].join(' ')}`)
  const shell = process.platform === 'win32'
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell })
  if (status !== 0) failed.push(name)
}
const all = `All ${steps.length} checks passed.`
console.log(`\n${failed.length === 0 ? all : `Failed: ${failed.join(', ')}.`}`)
process.exitCode = failed.length === 0 ? 0 : 1
