// `npm run try:python`: OpenAI's library for Python against a gateway on the sandbox. It makes a virtual environment in a
// temporary folder and installs the library from PyPI; where Python or PyPI is absent it says so and is no failure.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway } from '../packages/gateway/dist/index.js'
import { startSandbox } from '../packages/sandbox/dist/index.js'
import { root } from './repository.mjs'

const PYTHON = process.platform === 'win32' ? 'python' : 'python3'
const folder = mkdtempSync(join(tmpdir(), 'sluice-python-'))

try {
  process.exitCode = await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run() {
  const python = join(folder, 'venv', process.platform === 'win32' ? 'Scripts' : 'bin', 'python')
  if (!succeeds(PYTHON, ['-m', 'venv', join(folder, 'venv')]))
    return skip('there is no Python here')
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'openai']
  if (!succeeds(python, install)) return skip('the library cannot be installed from PyPI')
  const sandbox = await startSandbox({ deltaIntervalMs: 0 })
  const gateway = await createGateway({
    ...{ profile: 'openai', llmBaseUrl: `${sandbox.url}/v1`, retryBaseDelayMs: 1 },
    ...{ port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent' },
  })
  try {
    return await runScript(python, `http://127.0.0.1:${gateway.port}/v1`)
  } finally {
    await gateway.stop()
    await sandbox.close()
  }
}

/**
 * @param {string} python
 * @param {string} baseUrl
 */
function runScript(python, baseUrl) {
  const script = join(root, 'scripts/try-openai-python.py')
  // Not the synchronous one: the gateway is in this process.
  const child = spawn(python, [script], {
    env: { ...process.env, OPENAI_BASE_URL: baseUrl },
    stdio: 'inherit',
  })
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function succeeds(command, args) {
  return spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

/** @param {string} why */
function skip(why) {
  console.log(`skipped: ${why}`)
  return 0
}
