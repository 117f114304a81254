// scripts/prepare.mjs, which `npm start` runs first: when it installs, and what. npm is a stand-in that writes down its arguments.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './sluice-process.ts'

const SCRIPT = fileURLToPath(new URL('../../../scripts/prepare.mjs', import.meta.url))

/** What npm was asked for in a checkout that has these folders and files in node_modules. */
function asked(installed: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
  const folder = temporaryFolder()
  for (const name of ['scripts', 'bin']) mkdirSync(join(folder, name))
  copyFileSync(SCRIPT, join(folder, 'scripts', 'prepare.mjs'))
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  for (const name of installed) mkdirSync(join(folder, 'node_modules', name), { recursive: true })
  const record = join(folder, 'asked')
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\necho "$@" >> ${record}\n`, { mode: 0o755 })
  const { status } = spawnSync(process.execPath, [join(folder, 'scripts', 'prepare.mjs')], {
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, ...env },
  })
  expect(status).toBe(0)
  return readFileSync(record, 'utf8').trim().split('\n')
}

const MARKER = '.package-lock.json'
const INSTALL = expect.stringMatching(/^ci --include=dev /)
const BUILD = 'run --silent build'

describe('npm start in a checkout', () => {
  it.each([
    ['that is fresh', [], [INSTALL, BUILD]],
    ['whose install left the compiler out', [MARKER], [INSTALL, BUILD]],
    ['that is complete', ['typescript', MARKER], [BUILD]],
  ])('%s installs what it has to, the compiler included', (_, installed, expected) => {
    expect(asked(installed, { NODE_ENV: 'production' })).toEqual(expected)
  })
})
