// Where the repository is and what files it has, for the scripts beside this one.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Files that are there and that git knows or would add, by their path from the root.
 * @param {...string} patterns as `git ls-files` takes them
 * @returns {string[]}
 */
export function filesOf(...patterns) {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns]
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
}

/** @param {string} path from the root */
export function read(path) {
  return readFileSync(join(root, path), 'utf8')
}
