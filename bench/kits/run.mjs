// `npm run bench:kits`: two kits from PyPI, written by others, against a running gateway. chunk-invariance asks whether the
// answer depends on how the model cuts it; pii-leak-benchmark plays the upstream and looks at what reaches it, and at what
// reaches the client. README.md beside this has what they print and what it means.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGateway } from '@sluice/gateway'
import { ENTITY_NAMES } from '@sluice/guard'
import { startSandbox } from '@sluice/sandbox'
import { commandLine } from '../command-line.mjs'
import { installFromPyPi } from '../guard/rates/temporary-install.mjs'

commandLine({
  usage: 'npm run bench:kits --',
  about:
    'Two kits that others wrote, from PyPI, against a running gateway. Needs Python; about a minute. kits/README.md says what their results mean.',
  options: {},
})

const KITS = ['chunk-invariance==0.2.0', 'pii-leak-benchmark[validate]==0.6.0']
const LIMIT_MS = 600_000
/** The values of the kits are random; this makes two runs the same. */
const SEED = 'a1b2c3d4e5f60001'
const MODEL = 'sandbox-echo'
/** @type {import('@sluice/gateway').GatewayOptions} */
const SETTINGS = { port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent' }

/** Guards answers alone: what is echoed arrives at the model as it was asked. */
const ANSWERS_ONLY = {
  answers: {
    extends: 'off',
    rules: ENTITY_NAMES.map((entity) => ({
      entity,
      action: { kind: 'redact' },
      direction: 'output',
    })),
  },
}

/** Policy `private`, and cards come back, too: the kit wants whatever it sent back. */
const RESTORING = {
  restoring: {
    extends: 'private',
    rules: [{ entity: 'CREDIT_CARD', action: { kind: 'pseudonymize' } }],
  },
}

/**
 * Runs a program to its end, with what it prints on our output.
 * @param {string} program @param {readonly string[]} args
 * @returns {Promise<number | null>} its exit code
 */
function run(program, args) {
  console.log(`\n$ ${[program.split('/').at(-1), ...args].join(' ')}`)
  const child = spawn(program, args, { stdio: 'inherit', timeout: LIMIT_MS })
  return new Promise((resolve) => {
    child.once('close', resolve)
    child.once('error', () => resolve(null))
  })
}

/**
 * A gateway for the time of one check.
 * @template T
 * @param {import('@sluice/gateway').GatewayOptions} options
 * @param {(baseUrl: string) => Promise<T>} check
 */
async function withGateway(options, check) {
  const gateway = await createGateway({ ...SETTINGS, ...options })
  try {
    return await check(`${gateway.url.replace('ws:', 'http:')}/v1`)
  } finally {
    await gateway.stop()
  }
}

/** @param {string} python */
async function chunkInvariance(python) {
  const sandbox = await startSandbox({ deltaIntervalMs: 0 })
  const script = fileURLToPath(new URL('chunk_invariance_of_a_gateway.py', import.meta.url))
  const options = { llmBaseUrl: `${sandbox.url}/v1`, policies: ANSWERS_ONLY, policy: 'answers' }
  const code = await withGateway(options, (baseUrl) => run(python, [script, baseUrl, MODEL]))
  await sandbox.close()
  return code
}

/**
 * What reaches the upstream, which the kit itself is; with the duty `restore` also what comes back to the client.
 * @param {string} python
 * @param {{ out: string, args: string[], options?: import('@sluice/gateway').GatewayOptions }} how
 */
function requests(python, { out, args, options }) {
  const port = 8765
  return withGateway({ ...upstreamAt(port), ...options }, (baseUrl) =>
    run(join(dirname(python), 'pii-leak-benchmark'), [
      ...['ci', '--seed', SEED, '--capture-port', String(port)],
      ...['--target-base-url', baseUrl, '--out', out, ...args],
    ]),
  )
}

/**
 * What reaches the client of answers that the kit cuts at every place.
 * @param {string} python @param {string} folder
 */
function answers(python, folder) {
  const port = 8799
  const args = ['--validate', '--exhaustive-splits', '--partial-emission', '--seed', SEED]
  return withGateway(upstreamAt(port), (baseUrl) =>
    run(join(dirname(python), 'pii-leak-benchmark-v2'), [
      ...args,
      ...['--only', 'sluice', '--upstream-port', String(port)],
      ...['--gateway-url', `${baseUrl}/chat/completions`, '--out', join(folder, 'answers')],
    ]),
  )
}

/** @param {number} port */
function upstreamAt(port) {
  return { llmBaseUrl: `http://127.0.0.1:${port}/v1`, policy: 'standard' }
}

const python = installFromPyPi('kits', KITS)
if (python !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kits-'))
  try {
    const codes = [
      ['chunk-invariance', await chunkInvariance(python)],
      [
        'pii-leak-benchmark, requests',
        await requests(python, { out: join(folder, 'requests'), args: ['--duty', 'anonymize'] }),
      ],
      [
        'pii-leak-benchmark, requests with values restored',
        await requests(python, {
          out: join(folder, 'restored'),
          args: ['--duty', 'restore', '--no-credentials'],
          options: { policies: RESTORING, policy: 'restoring' },
        }),
      ],
      ['pii-leak-benchmark, answers', await answers(python, folder)],
    ]
    // Not a verdict: that of the last one says only that it could measure.
    console.log()
    for (const [name, code] of codes) console.log(`${name}: exit code ${code}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
