import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serving, sluice, temporaryFolder } from './sluice-process.ts'

/** An audit file with one completion that ended well and one that the guard blocked. */
async function auditOfTwo(): Promise<string> {
  const file = join(temporaryFolder(), 'audit.db')
  const { process, url } = await serving({ SLUICE_AUDIT: file, SLUICE_POLICY: 'seed' })
  await sluice(['chat', '--url', url, '--model', 'sandbox-fast', 'hello'])
  await sluice(['chat', '--url', url, '--model', 'sandbox-pii', 'hello'])
  process.signal('SIGTERM')
  await process.ended
  return file
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const rowsOf = ({ stdout }: { stdout: string }) => stdout.trimEnd().split('\n')
const objectsOf = (ended: { stdout: string }) => rowsOf(ended).map((line) => JSON.parse(line))

// Many processes, one after the other.
describe('sluice audit', () => {
  it('lists, shows, exports and sums up what ended, for people and as JSON', async () => {
    const file = await auditOfTwo()
    const audit = (...args: string[]) => sluice(['audit', ...args, '--file', file])
    const records = objectsOf(await audit('export'))
    expect(records.map(({ status }) => status).toSorted()).toEqual(['blocked', 'success'])
    for (const { beganAt, endedAt } of records) {
      expect(beganAt).toMatch(ISO)
      expect(endedAt).toMatch(ISO)
    }
    const [{ requestId }] = records
    expect(objectsOf(await audit('show', requestId, '--json'))[0]).toMatchObject({ requestId })
    expect((await audit('show', requestId)).stdout).toMatch(
      new RegExp(`^requestId +${requestId}$`, 'm'),
    )
    const [header = '', blocked = '', ...others] = rowsOf(
      await audit('list', '--status', 'blocked'),
    )
    expect(others).toEqual([])
    expect(header).toMatch(/^began +status +client +model/)
    expect(blocked.indexOf('blocked')).toBe(header.indexOf('status'))
    expect(objectsOf(await audit('list', '--json'))).toEqual(records)
    expect(rowsOf(await audit('export', '--format', 'csv'))).toHaveLength(3)
    const stats = await audit('stats', '--since', '1h', '--json')
    expect(JSON.parse(stats.stdout)).toMatchObject({ completions: 2, byStatus: { success: 1 } })
    expect((await audit('stats')).stdout).toMatch(/^2 completions, \d+ tokens of prompts/)
  })

  it('erases a conversation or a subject, and says what it lacks', async () => {
    const file = await auditOfTwo()
    const audit = (...args: string[]) => sluice(['audit', ...args, '--file', file])
    expect((await audit('erase', '--subject', 'agent-7')).stdout).toBe('0 completions erased\n')
    for (const wrong of [[], ['a conversation', '--subject', 'agent-7']]) {
      const { code, stderr } = await audit('erase', ...wrong)
      expect([code, stderr]).toEqual([
        1,
        'sluice: Name a conversation, or a subject by --subject\n',
      ])
    }
    const { code, stderr } = await audit('stats', '--by', 'label:$.x')
    expect([code, stderr]).toEqual([1, expect.stringContaining('or label:<name>')])
  })

  it('names clients beside their ids, and lists what happened beside completions', async () => {
    const folder = temporaryFolder()
    const SLUICE_AUDIT = join(folder, 'audit.db')
    const SLUICE_KEYS_FILE = join(folder, 'keys.json')
    const env = { SLUICE_AUDIT, SLUICE_KEYS_FILE }
    const identity = ['--tenant', 'acme', '--label', 'team=billing']
    const made = await sluice(['keys', 'create', 'front desk', ...identity], { env })
    const id = /Key (\S+) is in/.exec(made.stderr)?.[1] ?? ''
    const { process, url } = await serving(env)
    await sluice([
      'chat',
      '--url',
      url,
      '--model',
      'sandbox-fast',
      '--key',
      made.stdout.trim(),
      'hi',
    ])
    await sluice(['chat', '--url', url, '--key', 'wrong', 'hi'])
    await sluice(['keys', 'revoke', id], { env })
    await process.prints(/keys reloaded/)
    process.signal('SIGTERM')
    await process.ended
    expect((await sluice(['audit', 'list'], { env })).stdout).toContain(`front desk (${id})`)
    const [record] = objectsOf(await sluice(['audit', 'list', '--json'], { env }))
    expect(record).toMatchObject({ client: id, clientName: 'front desk' })
    expect(record).toMatchObject({ tenant: 'acme', labels: { team: 'billing' } })
    const stats = async (...args: string[]) =>
      (await sluice(['audit', 'stats', ...args], { env })).stdout
    const groups = JSON.parse(await stats('--by', 'label:team', '--json'))
    expect(groups).toMatchObject([{ value: 'billing', completions: 1, blocked: 0 }])
    expect(await stats('--by', 'client', '--tenant', 'acme')).toContain(`front desk (${id})`)
    expect(JSON.parse(await stats('--by', 'tenant', '--tenant', 'x', '--json'))).toEqual([])
    const events = objectsOf(await sluice(['audit', 'events', '--json'], { env }))
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'auth_failure',
        reason: 'malformed',
        at: expect.stringMatching(ISO),
      }),
    )
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'key_change', action: 'revoked', keyName: 'front desk' }),
    )
    const table = (await sluice(['audit', 'events'], { env })).stdout
    expect(table).toMatch(/auth_failure +malformed from 127\.0\.0\.1, 1 times/)
    expect(table).toContain(`key front desk (${id}) revoked`)
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
