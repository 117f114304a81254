import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

function folderWith(yaml: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'sluice.yaml'), yaml)
  return folder
}

const OWN = `policies:
  accounts:
    rules:
      - { pattern: 'ACME-\\d{6}', name: ACCOUNT, action: { kind: redact } }
`

describe('sluice policy', () => {
  it('lists built-in policies and those of sluice.yaml, and marks the one in use', async () => {
    const { code, stdout } = await sluice(['policy', 'list'], { folder: folderWith(OWN) })
    expect(code).toBe(0)
    const names = stdout.split('\n').map((line) => line.split(' ')[0])
    expect(names).toEqual(['seed', 'standard', 'strict', 'private', 'off', 'accounts', ''])
    expect(stdout).toMatch(/^standard +[0-9a-f]{16} +in use$/m)
  })

  it('shows the rules of a policy', async () => {
    const { stdout } = await sluice(['policy', 'show', 'accounts'], { folder: folderWith(OWN) })
    expect(JSON.parse(stdout)).toMatchObject({ name: 'accounts', rules: [{ entity: 'ACCOUNT' }] })
  })

  it('checks the policies of sluice.yaml, and says where one is wrong', async () => {
    const good = await sluice(['policy', 'check'], { folder: folderWith(OWN) })
    expect(good).toMatchObject({ code: 0, stdout: 'valid: accounts\n' })
    const folder = folderWith(OWN.replace('ACME-\\d{6}', '(a)\\1'))
    const bad = await sluice(['policy', 'check'], { folder })
    expect(bad.code).toBe(1)
    expect(bad.stderr).toMatch(/^sluice: policies\.accounts: /)
    expect(bad.stderr).not.toMatch(/^\s+at /m)
  })

  it('says where it looked if there is nothing to check', async () => {
    const { stdout } = await sluice(['policy', 'check'])
    expect(stdout).toBe('no policies to check: there is no sluice.yaml here\n')
    const { stdout: empty } = await sluice(['policy', 'check'], { folder: folderWith('{}') })
    expect(empty).toMatch(/^no policies to check: .*sluice\.yaml has none\n$/)
  })

  it.each([1, 3, 100])('tests a text in deltas of %i characters', async (delta) => {
    const text = 'call ACME-123456 now'
    const args = ['policy', 'test', '--policy', 'accounts', '--delta', String(delta), '--json']
    const { stdout } = await sluice(args, { folder: folderWith(OWN), input: text })
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 'call [ACCOUNT] now',
      findings: [{ entity: 'ACCOUNT', start: 5, end: 16 }],
    })
  })

  it('tests a text as what it is: tool arguments, or the words of a role', async () => {
    const text = '{"mail":"ann@example.com","card":"4111 1111 1111 1111"}'
    const args = ['policy', 'test', '--policy', 'standard', '--json', text]
    const { sent, findings } = JSON.parse(
      (await sluice([...args, '--channel', 'tool_arguments'])).stdout,
    )
    expect(JSON.parse(sent)).toEqual({ mail: 'ann@example.com', card: '[CREDIT_CARD]' })
    expect(findings.map(({ action }: { action: string }) => action)).toEqual(['observe', 'redact'])
    const system = await sluice([...args, '--direction', 'input', '--role', 'system'])
    const concealed = JSON.stringify({ mail: '[EMAIL_ADDRESS]', card: '[CREDIT_CARD]' })
    expect(JSON.parse(system.stdout)).toMatchObject({ sent: concealed })
    const wrong = await sluice([...args, '--channel', 'arguments'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('tool_arguments')])
  })

  it('takes a text there and back: as a request with stand-ins, then as the answer that repeats them', async () => {
    const text = 'Mail jo.doe@example.org or see https://x.example/?q=jo.doe@example.org'
    const args = ['policy', 'test', '--policy', 'private', '--round-trip', text]
    const { stdout } = await sluice(args)
    expect(stdout).toMatch(
      /^sent {4}Mail EMAIL_ADDRESS_\w{4} or see https:\S*q=EMAIL_ADDRESS_\w{4}$/m,
    )
    expect(stdout).toMatch(
      /^back {4}Mail jo\.doe@example\.org or see https:\S*q=EMAIL_ADDRESS_\w{4}$/m,
    )
    expect(stdout).toMatch(/^ +2 replaced, 1 restored, 1 kept in links$/m)
    const none = await sluice(['policy', 'test', '--policy', 'standard', '--round-trip', text])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('makes no stand-ins')])
  })

  it('marks what it found, and says that a block stops the text', async () => {
    const { stdout } = await sluice(['policy', 'test', '--policy', 'seed', 'so 123-45-6789 it is'])
    expect(stdout).toContain('found   so [123-45-6789] it is')
    expect(stdout).toContain('sent    so \n')
    expect(stdout).toContain('blocked by rule US_SSN')
  })

  it('asks for a text if there is none', async () => {
    const { code, stderr } = await sluice(['policy', 'test'])
    expect(code).toBe(1)
    expect(stderr).toContain('Give a text, or pipe one in')
  })

  it('tests a long text', async () => {
    const { code, stdout } = await sluice(['policy', 'test', '--delta', '1'], {
      input: 'x'.repeat(500_000),
    })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^held .* after each of 50\d{4} deltas$/m)
  })
})

describe('sluice policy with a detector', () => {
  /** A detector that finds a name at the start of every text. */
  async function folderWithDetector(
    onFailure = 'block',
    status = 200,
    direction = 'input',
  ): Promise<string> {
    const server = createServer((_request, response) => {
      const spans = [{ entity: 'PERSON', start: 0, end: 3, score: 0.8765432 }]
      response.writeHead(status).end(JSON.stringify({ spans }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    return folderWith(`detectors:
  names: { kind: http, url: 'http://127.0.0.1:${port}', entities: [PERSON] }
policies:
  own:
    extends: standard
    detectors: [names]
    rules:
      - { entity: PERSON, action: { kind: redact }, onFailure: ${onFailure}, direction: ${direction} }
`)
  }
  const TEST = ['policy', 'test', '--policy', 'own', '--direction', 'input', 'Ada, ada@example.org']

  it('shows which detectors it has, and what they find in a text', async () => {
    const folder = await folderWithDetector()
    const { stdout: shown } = await sluice(['policy', 'show', 'own'], { folder })
    expect(JSON.parse(shown)).toMatchObject({
      detectors: ['names'],
      detected: { requests: ['content', 'reasoning', 'refusal', 'tool_arguments'], answers: [] },
    })
    const { code, stdout } = await sluice(TEST, { folder })
    expect(code).toBe(0)
    expect(stdout).toContain('PERSON at 0-3, score 0.88, redact by rule PERSON\n')
    expect(stdout).toContain('detected PERSON at 0-3, score 0.88\n')
    expect(stdout).toContain('sent    [PERSON], [EMAIL_ADDRESS]\n')
  })

  it('judges an answer in segments, and tells what that holds back', async () => {
    const folder = await folderWithDetector('block', 200, 'output')
    const { stdout: shown } = await sluice(['policy', 'show', 'own'], { folder })
    expect(JSON.parse(shown).detected.answersWait).toContain('240 characters at most')
    const args = ['policy', 'test', '--policy', 'own', '--delta', '3', 'Ada is in. Bob is not. Eve']
    const { stdout } = await sluice(args, { folder })
    expect(stdout).toContain('sent    [PERSON] is in. [PERSON] is not. [PERSON]\n')
    expect(stdout).toContain('detected PERSON at 11-14, score 0.88\n')
    expect(stdout).toMatch(/^held .* at most 10 characters/m)
  })

  it('says if a detector could not judge the text', async () => {
    const passing = await sluice(TEST, { folder: await folderWithDetector('pass', 500) })
    expect(passing.stdout).toContain('detector names could not judge the text\n')
    expect(passing.stdout).toContain('sent    Ada, [EMAIL_ADDRESS]\n')
    const failing = await sluice(TEST, { folder: await folderWithDetector('block', 500) })
    expect(failing.code).toBe(1)
    expect(failing.stdout).toBe('')
  })
})
