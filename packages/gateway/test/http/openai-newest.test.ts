// The newest library of OpenAI on the newest Node.js, which are not those of this repository; skipped where they cannot be had.
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { installFromNpm } from '../../../../bench/guard/rates/temporary-install.mjs'
import { httpGateway } from './http-gateway.ts'

const LIBRARY = 'openai@7.57.0'
const NODE = ['-y', '-p', 'node@24', '--', 'node']
const TOUR = 'openai-tour.mjs'

async function node24(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn('npx', [...NODE, ...args], { env: { ...process.env, ...env } })
  const closed = new Promise<number>((resolve) => {
    child.once('close', (code) => resolve(code ?? 1))
    child.once('error', () => resolve(1))
  })
  const [output, problem] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await closed, output, problem }
}

it('openai 7 on Node.js 24 does what its users do', { timeout: 600_000 }, async ({ skip }) => {
  const folder = installFromNpm('openai-7', [LIBRARY])
  if (folder === undefined) return skip(`${LIBRARY} cannot be installed here`)
  const { output: version } = await node24(['--version'])
  if (!version.startsWith('v24.')) return skip('Node.js 24 cannot be had by npx here')
  copyFileSync(fileURLToPath(new URL(TOUR, import.meta.url)), join(folder, TOUR))
  const { baseUrl, sandbox } = await httpGateway()
  const env = { OPENAI_BASE_URL: baseUrl }
  const { exitCode, output, problem } = await node24([join(folder, TOUR)], env)
  expect({ exitCode, problem, failed: /^FAIL.*$/m.exec(output)?.[0] }).toEqual({
    ...{ exitCode: 0, problem: '', failed: undefined },
  })
  expect(output.split('\n').filter((line) => line.startsWith('ok')).length).toBeGreaterThan(15)
  await expect.poll(() => sandbox.stats().openStreams).toBe(0)
})
