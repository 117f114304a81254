// The model inside the gateway: its package is loaded when a policy's detector gets a text, and not before.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { DetectorSettings } from '../../src/detectors/detector-settings.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { textOf } from '../harness/tutorial-client.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../..', import.meta.url))
const folder = `${root}node_modules/.cache/ner/rampart`
const recorder = new URL('import-recorder.mjs', import.meta.url).href

/** The modules that a gateway of these options loads, from its start to its end. */
async function modulesOf(options: object): Promise<string> {
  const settings = { port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent', ...options }
  const program = `
    import { createGateway } from '@sluice/gateway'
    const gateway = await createGateway(${JSON.stringify(settings)})
    await gateway.stop()`
  const args = ['--import', recorder, '--input-type=module', '--eval', program]
  return (await run(process.execPath, args, { cwd: root, maxBuffer: 16_000_000 })).stderr
}

const NAMES: DetectorSettings = {
  kind: 'model',
  ...{ folder, workers: 1, threshold: 0.5, entities: ['PERSON', 'LOCATION'] },
  ...{ language: undefined, timeoutMs: 60_000, concurrency: 2, queue: 10, cache: 0 },
}
const OWN = {
  extends: 'standard',
  detectors: ['names'],
  rules: [{ entity: 'PERSON', action: { kind: 'redact' } }],
} as const

describe('a gateway', () => {
  const upstream = { llmBaseUrl: 'http://127.0.0.1:9/v1' }
  it.each<[string, object]>([
    ['no detector', { ...upstream, policy: 'standard' }],
    [
      'a detector that had no text yet',
      { ...upstream, detectors: { names: NAMES }, policies: { OWN } },
    ],
  ])('loads no model and no code of one with %s', async (_name, options) => {
    const modules = await modulesOf(options)
    expect(modules).toContain('packages/gateway/dist/index.js')
    expect(modules).not.toMatch(/packages\/ner|onnxruntime|tokenizers/)
  })
})

const isFetched = existsSync(folder)
describe.skipIf(!isFetched)('the model (skipped unless `npm run fetch:ner` has fetched it)', () => {
  it('conceals names in requests', async () => {
    const { connect } = await gatewayOnSandbox({
      gateway: { policy: 'own', policies: { own: OWN }, detectors: { names: NAMES } },
    })
    const client = await connect()
    const said = 'Hi, I am Harriet Blackwood, harriet@example.org. Where is my parcel?'
    const answer = await client.ask('sandbox-echo', said)
    expect(textOf(answer)).toContain('Hi, I am [PERSON], [EMAIL_ADDRESS]. Where is my parcel?')
  })
})
