// Packages that only a comparison needs, installed outside of the repository and kept for the next run. Nothing of theirs
// is run while they are installed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIMIT_MS = 300_000

/** @param {string} name */
function folderFor(name) {
  const folder = join(tmpdir(), 'sluice-bench', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/**
 * @param {string} name of the folder
 * @param {readonly string[]} specifiers with exact versions
 * @returns {string | undefined} the folder that has `node_modules`; undefined, and a word about it, if that is not possible
 */
export function installFromNpm(name, specifiers) {
  const folder = folderFor(name)
  const mark = join(folder, `${specifiers.join('+').replaceAll('/', '-')}.installed`)
  if (existsSync(mark)) return folder
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  return succeeded(folder, mark, [['npm', 'install', ...options, '--save-exact', ...specifiers]])
}

/**
 * @param {string} name of the folder
 * @param {readonly string[]} specifiers
 * @returns {string | undefined} the Python of a virtual environment; undefined, and a word about it, if that is not possible
 */
export function installFromPyPi(name, specifiers) {
  const folder = folderFor(name)
  const python = join(folder, 'bin', 'python')
  const mark = join(folder, `${specifiers.join('+')}.installed`)
  if (existsSync(mark)) return python
  const done = succeeded(folder, mark, [
    ['python3', '-m', 'venv', folder],
    [python, '-m', 'pip', 'install', '--quiet', ...specifiers],
  ])
  return done === undefined ? undefined : python
}

/** @param {string} folder @param {string} mark @param {readonly (readonly string[])[]} commands */
function succeeded(folder, mark, commands) {
  for (const [program = '', ...args] of commands) {
    const { status, stderr } = spawnSync(program, args, { cwd: folder, timeout: LIMIT_MS })
    if (status === 0) continue
    const why = String(stderr ?? '')
      .trim()
      .split('\n')
      .at(-1)
    console.warn(`skipped, because it cannot be installed here: ${args.at(-1)} (${why})`)
    return undefined
  }
  writeFileSync(mark, '')
  return folder
}
