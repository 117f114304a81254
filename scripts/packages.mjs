// The packages that a release has, and the one version of all of them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from './repository.mjs'

/** @typedef {{ name: string, version: string, private?: boolean, dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} Manifest */

/**
 * @param {string} folder from the root
 * @returns {Manifest}
 */
export function manifestOf(folder) {
  return JSON.parse(read(join(folder, 'package.json')))
}

/** The version of the repository: the one place where it is decided. */
export const version = manifestOf('.').version

/** Folders of the workspaces, from the root. */
export const workspaces = [
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name)),
  'bench',
  'examples',
]

/** Folders of what is published. */
export const published = workspaces.filter((folder) => manifestOf(folder).private !== true)
