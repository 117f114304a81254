// Packs what is published as npm would publish it.
import { execFile } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { published } from '../packages.mjs'
import { root } from '../repository.mjs'

const run = promisify(execFile)

/** @typedef {{ name: string, filename: string, files: { path: string }[] }} Packed as `npm pack --json` says it */

/**
 * @param {string} folder where the archives go
 * @returns {Promise<{ name: string, file: string, paths: string[] }[]>} each package, its archive and what is in it
 */
export async function packAll(folder) {
  // Each copy that is handed on needs the licence; an npm script would not run where scripts are turned off.
  for (const workspace of published) {
    for (const name of ['LICENSE', 'NOTICE'])
      copyFileSync(join(root, name), join(root, workspace, name))
  }
  const args = ['pack', '--json', '--pack-destination', folder]
  for (const workspace of published) args.push('--workspace', workspace)
  const shell = process.platform === 'win32'
  const { stdout } = await run('npm', args, { cwd: root, shell, maxBuffer: 64 * 1024 * 1024 })
  /** @type {Packed[]} */
  const packed = JSON.parse(stdout)
  return packed.map(({ name, filename, files }) => ({
    name,
    file: join(folder, filename),
    paths: files.map(({ path }) => path),
  }))
}
