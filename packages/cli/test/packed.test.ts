// What npm would publish, in an empty folder: it has what it needs and its licence, runs, and the guard runs in a browser.
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { build } from 'vite'
import { describe, expect, it } from 'vitest'
import { packAll } from '../../../scripts/release/pack.mjs'
import { temporaryFolder } from './sluice-process.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const run = promisify(execFile)

/**
 * A folder with the packed packages in its node_modules, and beside them what their manifests ask for and nothing else:
 * an import that a manifest forgot fails. The archives are the published ones; the others are those of this checkout.
 */
async function installed() {
  const folder = temporaryFolder()
  const packages = await packAll(folder)
  for (const { name, file } of packages) {
    const home = join(folder, 'node_modules', name)
    mkdirSync(home, { recursive: true })
    await run('tar', ['-xzf', file, '--strip-components=1', '-C', home])
    const { dependencies = {} } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies)) {
      if (!dependency.startsWith('@sluice/')) link(folder, dependency, name)
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  return { folder, packages }
}

function link(folder: string, dependency: string, of: string): void {
  const place = join(folder, 'node_modules', dependency)
  if (existsSync(place)) return
  const own = join(ROOT, 'packages', of.replace('@sluice/', ''), 'node_modules', dependency)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(existsSync(own) ? own : join(ROOT, 'node_modules', dependency), place)
}

describe('the packed packages', () => {
  it('run in an empty folder, with their licence and without their tests', async () => {
    const { folder, packages } = await installed()
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(packages.length).toBeGreaterThan(5)
    for (const { name, paths } of packages) {
      expect(paths, name).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE', 'README.md']))
      expect(paths.filter((path) => /(^|\/)test\//.test(path))).toEqual([])
      const manifest = join(folder, 'node_modules', name, 'package.json')
      const { version: own, dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
      const ours = Object.entries(dependencies).filter(([other]) => other.startsWith('@sluice/'))
      expect([own, ...ours.map(([, range]) => range)]).toEqual(Array(ours.length + 1).fill(version))
    }
    copyFileSync(join(ROOT, 'scripts/release/smoke.mjs'), join(folder, 'smoke.mjs'))
    const { stdout } = await run(process.execPath, ['smoke.mjs'], { cwd: folder })
    expect(stdout).toBe('ok\n')

    writeFileSync(
      join(folder, 'page.js'),
      "import { compilePolicy } from '@sluice/guard'\nglobalThis.compilePolicy = compilePolicy\n",
    )
    await build({
      root: folder,
      logLevel: 'silent',
      build: { lib: { entry: 'page.js', formats: ['iife'], name: 'page', fileName: 'page' } },
    })
    // A context without anything of Node.js, as far as a bundle can tell.
    const page = createContext({ TextEncoder, TextDecoder })
    runInContext(readFileSync(join(folder, 'dist/page.iife.js'), 'utf8'), page)
    const text = "compilePolicy('standard').scan('ann@example.com', { direction: 'output' }).text"
    expect(runInContext(text, page)).toBe('[EMAIL_ADDRESS]')
  })
})
