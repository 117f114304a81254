import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serving, sluice, temporaryFolder } from './sluice-process.ts'

/** An audit file with one completion that ended well and one that the guard blocked. */
async function auditOfTwo(): Promise<string> {
  const file = join(temporaryFolder(), 'audit.db')
  const { process, url } = await serving({ SLUICE_AUDIT: file })
  await sluice(['chat', '--url', url, '--model', 'sandbox-fast', 'hello'])
  await sluice(['chat', '--url', url, '--model', 'sandbox-pii', 'hello'])
  process.signal('SIGTERM')
  await process.ended
  return file
}

describe('sluice audit', () => {
  it('lists, shows, exports and sums up what ended', async () => {
    const file = await auditOfTwo()
    const jsonl = await sluice(['audit', 'export', '--file', file])
    const records = jsonl.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.map(({ status }) => status).toSorted()).toEqual(['blocked', 'success'])
    const [{ requestId }] = records
    const shown = await sluice(['audit', 'show', requestId, '--file', file])
    expect(JSON.parse(shown.stdout)).toMatchObject({ requestId })
    const blocked = await sluice(['audit', 'list', '--status', 'blocked', '--file', file])
    expect(blocked.stdout.trim().split('\n')).toHaveLength(1)
    const csv = await sluice(['audit', 'export', '--format', 'csv', '--file', file])
    expect(csv.stdout.trim().split('\n')).toHaveLength(3)
    const stats = await sluice(['audit', 'stats', '--since', '1h', '--file', file])
    expect(JSON.parse(stats.stdout)).toMatchObject({ completions: 2, byPolicy: { seed: 2 } })
  })

  it.each([
    [['audit', 'list', '--file', 'nowhere.db'], /nowhere\.db/],
    [['audit', 'list'], /The audit is off/],
    [['audit', 'list', '--since', 'yesterday'], /an ISO date/],
  ])('%j says what is wrong', async (args, expected) => {
    const { code, stderr } = await sluice(args)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(expected)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
