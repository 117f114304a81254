// `node scripts/version.mjs 0.2.0` writes the version everywhere; without a number it fails where one differs from the
// root's package.json. Our packages ask for each other in exactly this version: they are tested and released together.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestOf, workspaces } from './packages.mjs'
import { read, root } from './repository.mjs'

/** Where else it stands: the image's tag, and which versions are maintained. */
const PLACES = [
  ['deploy/compose.yaml', /(?<=image: sluice:)[\w.-]+/g],
  ['deploy/kubernetes.yaml', /(?<=image: sluice:)[\w.-]+/g],
  ['deploy/README.md', /(?<=sluice:)\d+\.\d+[\w.-]*/g],
]

/** @param {string} version */
function versions(version) {
  const changes = []
  for (const folder of ['.', ...workspaces]) {
    const manifest = { ...manifestOf(folder), version }
    for (const field of ['dependencies', 'peerDependencies']) {
      if (manifest[field] === undefined) continue
      const entries = Object.entries(manifest[field]).map(([name, range]) => [
        name,
        name.startsWith('@sluice/') ? version : range,
      ])
      manifest[field] = Object.fromEntries(entries)
    }
    changes.push([join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`])
  }
  for (const [path, pattern] of PLACES) changes.push([path, read(path).replace(pattern, version)])
  return changes
}

const [wanted] = process.argv.slice(2)
if (wanted !== undefined && !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted))
  throw new Error(`${wanted} is no version`)
/** @param {string} text package files are compared by what they say, not by how they are laid out */
const meaning = (text) => (text.startsWith('{') ? JSON.stringify(JSON.parse(text)) : text)
const stale = versions(wanted ?? manifestOf('.').version).filter(
  ([path, text]) => meaning(read(path)) !== meaning(text),
)
for (const [path, text] of stale) {
  if (wanted !== undefined) writeFileSync(join(root, path), text)
  console.log(wanted === undefined ? `${path} has another version` : `${path} written`)
}
if (wanted !== undefined) console.log('Now: npm install --package-lock-only, npm run format')
else if (stale.length === 0) console.log('One version everywhere.')
process.exitCode = wanted === undefined && stale.length > 0 ? 1 : 0
