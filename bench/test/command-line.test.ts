// What every benchmark and long run says of itself, and of a mistake.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { RUNS } from '../soak/runs.mjs'

const run = promisify(execFile)

/** What a command prints and how it ends. */
async function outcomeOf(script: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url))
  const outcome = await run(process.execPath, [path, ...args]).catch((error) => error)
  const { code = 0, stdout, stderr } = outcome as { code?: number; stdout: string; stderr: string }
  return { code, stdout, stderr }
}

const COMMANDS = [
  ['run.mjs', []],
  ['guard/run.mjs', []],
  ['guard/restoring-cost.mjs', []],
  ['detectors/run.mjs', []],
  ['kits/run.mjs', []],
  ...Object.keys(RUNS).map((name) => ['soak/run.mjs', [name]] as const),
] as const

describe('the command line', () => {
  it.each(COMMANDS)('of %s %j has help, and does nothing else then', async (script, args) => {
    const { code, stdout, stderr } = await outcomeOf(script, ...args, '--help')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^Usage: npm run [\w: -]+\[options\]\n\n\S[\s\S]*\n {2}--help +this text/,
    )
  })

  it.each(COMMANDS)('of %s %j refuses an option that it does not have', async (script, args) => {
    const { code, stdout, stderr } = await outcomeOf(script, ...args, '--nothing-like-it')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('--nothing-like-it')
  })

  it.each(['x', '', '-1', '1.5'])('takes whole numbers, not %j', async (number) => {
    const { code, stderr } = await outcomeOf('soak/run.mjs', 'http', `--requests=${number}`)
    expect(code).toBe(1)
    expect(stderr).toContain('--requests takes a whole number')
  })

  it('lists the long runs', async () => {
    const { stdout } = await outcomeOf('soak/run.mjs', '--help')
    for (const name of Object.keys(RUNS)) expect(stdout).toContain(`\n  ${name} `)
    expect((await outcomeOf('soak/run.mjs', 'no-such-run')).code).toBe(1)
  })
})
