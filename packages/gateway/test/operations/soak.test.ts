// Short runs of the long ones in bench/soak: a few rounds of `kill -9`, a few seconds without the webhook's receiver.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)

/** What a script reports; one that finds something wrong exits with 1, and its report is in the error. */
async function reportOf(script: string, ...args: string[]): Promise<Record<string, unknown>> {
  const path = fileURLToPath(new URL(`../../../../bench/soak/${script}`, import.meta.url))
  const { stdout } = await run(process.execPath, [path, ...args]).catch((error) => error)
  return JSON.parse(stdout)
}

// Linux alone tells what a process uses in /proc.
describe.skipIf(process.platform !== 'linux')('under load', () => {
  it('kill -9 loses no completion that ended before the last group of records, and marks the rest', async () => {
    const report = await reportOf('kill-rounds.mjs', '--rounds', '3')
    expect(report).toMatchObject({ rounds: 3, missing: 0, unmarked: 0 })
    expect(report.ended).toBeGreaterThan(20)
  })

  it('frames that nobody sane sends neither crash it nor close a socket without a documented code', async () => {
    const path = fileURLToPath(new URL('../../../../bench/soak/fuzz.mjs', import.meta.url))
    // Exits with 1, and so rejects, if anything is wrong.
    const { stdout } = await run(process.execPath, [path, '--frames', '3000', '--seed', '7'])
    expect(stdout).toMatch(/crashes\W+0\b/)
  })

  it('a webhook whose receiver is away harms no stream, and every event is accounted for', async () => {
    const { failures, holds } = await reportOf('webhook-down.mjs', '--seconds', '2')
    expect(failures).toBe(0)
    expect(holds).toMatchObject({
      'memory is bounded': true,
      'every event is accounted for': true,
      'the receiver learns of what it missed': true,
    })
  })
})
