// The end of a gateway and its changes while it runs: drain, deadline, second signal, reload, crash; as real processes.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SocketMonitor } from '../../src/server/socket-monitor.ts'
import { gatewayOnSandbox } from '../harness/gateway-on-sandbox.ts'
import { shapeOf, TutorialClient, textOf } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { auditContent, statusesOf } from './audit-records.ts'
import { replyTo } from './http-reply.ts'
import { bearer, keyFile } from './key-file.ts'
import { runSluice, startProcess } from './running-sluice.ts'
import { temporaryFolder } from './temporary-folder.ts'

const RESTART = { code: 1012, reason: 'the gateway restarts; reconnect after 1000 ms' }

/** A prompt that the sandbox's echo answers in so many deltas. */
const words = (deltas: number) => Array.from({ length: deltas }, (_, i) => `word${i}`).join(' ¦')

function connectAll(url: string, count: number): Promise<TutorialClient[]> {
  return Promise.all(Array.from({ length: count }, () => TutorialClient.connect(url)))
}

describe('SIGTERM', () => {
  it('lets every running answer end: nothing of them is lost or doubled, and no close comes first', async () => {
    const sluice = await runSluice()
    const clients = await connectAll(sluice.url, 20)
    // Two seconds of answer, so that it is not over before all have begun.
    const prompt = words(400)
    for (const client of clients) client.init('sandbox-echo', prompt)
    await until('all stream', () => clients.every(({ received }) => received.length > 10))
    expect(clients.some(({ received }) => received.at(-1)?.type === 'complete')).toBe(false)
    sluice.process.kill('SIGTERM')
    for (const client of clients) {
      const messages = await client.turn()
      expect(shapeOf(messages)).toBe('handshake_ack chunk complete')
      expect(textOf(messages)).toBe(prompt.replaceAll('¦', ''))
      expect(await client.closed).toEqual(RESTART)
      expect(client.received.length).toBe(messages.length)
    }
    expect(await sluice.exited).toBe(0)
    expect(statusesOf(sluice.auditFile)).toEqual({ success: 20 })
  })

  it('refuses what is new meanwhile: requests, sockets and readiness', async () => {
    const sluice = await runSluice()
    const [busy, idle] = (await connectAll(sluice.url, 2)) as [TutorialClient, TutorialClient]
    expect(await replyTo(sluice.adminUrl, { path: '/readyz' })).toMatchObject({ status: 200 })
    busy.init('sandbox-echo', words(150))
    await busy.next()
    sluice.process.kill('SIGTERM')
    await until('it drains', () => sluice.logged('draining').length > 0)
    idle.init('sandbox-fast')
    const message = 'The gateway is shutting down; try another one'
    expect(await idle.next()).toMatchObject({ type: 'error', message })
    await expect(TutorialClient.connect(sluice.url)).rejects.toThrow('ECONNREFUSED')
    const readiness = await replyTo(sluice.adminUrl, { path: '/readyz' })
    expect(readiness).toMatchObject({ status: 503, body: 'draining\n' })
    expect((await busy.turn()).at(-1)?.type).toBe('complete')
    expect(await sluice.exited).toBe(0)
  })

  it('cancels at the deadline what has not ended, and says so', async () => {
    const sluice = await runSluice({ SLUICE_DRAIN_DEADLINE_MS: '200' })
    const [client] = (await connectAll(sluice.url, 1)) as [TutorialClient]
    client.init('sandbox-stall-mid-stream')
    await client.next()
    sluice.process.kill('SIGTERM')
    const messages = await client.turn()
    expect(messages.at(-1)).toMatchObject({
      type: 'error',
      message: 'The completion was cancelled (deadline)',
      code: 'cancelled',
    })
    expect(await client.closed).toEqual(RESTART)
    expect(await sluice.exited).toBe(0)
    expect(statusesOf(sluice.auditFile)).toEqual({ cancelled: 1 })
    await until('the upstream is left', () => sluice.sandbox.stats().openStreams === 0)
  })

  it('given a second time stops at once', async () => {
    const sluice = await runSluice()
    const [client] = (await connectAll(sluice.url, 1)) as [TutorialClient]
    client.init('sandbox-stall-mid-stream')
    await client.next()
    sluice.process.kill('SIGTERM')
    await until('it drains', () => sluice.logged('draining').length > 0)
    // Those that follow within 0.7 s count as one with the first: npm passes Ctrl-C on once more.
    await until('a later one is taken', () => {
      sluice.process.kill('SIGTERM')
      return sluice.output().includes('stopping at once')
    })
    expect(await sluice.exited).toBe(1)
  })
})

describe('a drain', () => {
  it.each([
    ['takes an answer', { isOpen: true, bufferedBytes: 0 }, true, true],
    ['has not read all of an answer that ended', { isOpen: true, bufferedBytes: 1 }, false, true],
    ['has everything', { isOpen: true, bufferedBytes: 0 }, false, false],
    ['is closing', { isOpen: false, bufferedBytes: 1 }, true, false],
  ])('knows whether it has to wait for a reader: one that %s', (...[, state, isBusy, waits]) => {
    const never = 86_400_000
    const times = { pingIntervalMs: never, pongTimeoutMs: never }
    const monitor = new SocketMonitor({ ...times, idleSocketMs: never, stallTimeoutMs: never })
    onTestFinished(() => monitor.stop())
    const actions = {
      lastSeen: 0,
      sentBytes: 0,
      close: () => {},
      terminate: () => {},
      ping: () => {},
    }
    monitor.add({ ...state, ...actions }, { isBusy, isBehind: isBusy, abandon: () => {} })
    expect(monitor.hasUndelivered).toBe(waits)
  })

  it('can be asked for twice, and be cut short by a stop', async () => {
    const { gateway, connect } = await gatewayOnSandbox({ gateway: { audit: 'off' } })
    const client = await connect()
    client.init('sandbox-stall-mid-stream')
    await client.next()
    const ends = [gateway.drain(), gateway.drain(), gateway.stop()]
    await Promise.all(ends)
    expect((await client.turn()).at(-1)?.message).toBe('The completion was cancelled (operator)')
    expect(await client.closed).toEqual(RESTART)
  })
})

const YAML = (maxMessages: number, more = '') => `request: { maxMessages: ${maxMessages} }\n${more}`

/** Replaces a file as a whole. The gateway looks at it now and then by itself: it never finds half of it. */
function put(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

// A gateway that has noticed the change by itself reloads at the signal once more, so that there may be one line or two.
describe('a reload', () => {
  it('by SIGHUP applies what can change and names what needs a restart', async () => {
    const folder = temporaryFolder()
    const config = join(folder, 'sluice.yaml')
    writeFileSync(config, YAML(1))
    const sluice = await runSluice({ SLUICE_CONFIG: config })
    const [client] = (await connectAll(sluice.url, 1)) as [TutorialClient]
    const messages = ['one', 'two'].map((content) => ({ role: 'user', content }))
    const ask = async () => shapeOf(await client.ask('sandbox-fast', '', { messages }))
    expect(await ask()).toBe('error')
    const policies =
      'policies: { own: { rules: [{ terms: [acme], category: safety, action: { kind: block } }] } }\nguard: { policy: own }\n'
    const reloads = () => sluice.logged('configuration reloaded')
    put(config, YAML(2, `server: { port: 1 }\n${policies}`))
    sluice.process.kill('SIGHUP')
    await until('it is reloaded', () => reloads().length > 0)
    expect(await ask()).toBe('handshake_ack chunk complete')
    expect((await client.ask('sandbox-fast', 'ACME')).at(-1)?.type).toBe('blocked')
    // The variable WS_PORT comes before the file, so server.port changes nothing here.
    expect(reloads()[0]).toMatchObject({
      applied: ['policy', 'maxMessages', 'policies'],
      needRestart: [],
    })
    put(config, YAML(2, `audit: { retentionDays: 7 }\n${policies}`))
    sluice.process.kill('SIGHUP')
    await until('a restart is asked for', () =>
      reloads().some(({ needRestart }) => String(needRestart) === 'auditRetentionDays'),
    )
    expect(reloads().at(-1)).toMatchObject({ applied: [] })
    sluice.process.kill('SIGTERM')
    await sluice.exited
    const changes = auditContent(sluice.auditFile).events.filter(
      ({ kind }) => kind === 'config_change',
    )
    expect(changes.map(({ outcome }) => outcome)).toEqual(reloads().map(() => 'applied'))
  })

  it('with a file that is wrong changes nothing and ends nothing, and works once it is right', async () => {
    const wrong = [
      ['request: { maxMessages: ', 'sluice.yaml'],
      [
        'request: { maxMessage: 1 }',
        'request.maxMessage: unknown setting; did you mean request.maxMessages?',
      ],
      ['guard: { policy: own }', 'guard.policy in sluice.yaml: no policy is called "own"'],
      ['policies: { own: { rules: [{ pattern: "(" }] } }', 'policies.own'],
    ] as const
    const config = join(temporaryFolder(), 'sluice.yaml')
    writeFileSync(config, YAML(1))
    const sluice = await runSluice({ SLUICE_CONFIG: config })
    const [client] = (await connectAll(sluice.url, 1)) as [TutorialClient]
    const messages = ['one', 'two'].map((content) => ({ role: 'user', content }))
    const refusals = () =>
      sluice.logged('the new configuration is refused; the old one stays in use')
    for (const [text, problem] of wrong) {
      const before = refusals().length
      put(config, text)
      sluice.process.kill('SIGHUP')
      await until(`it is refused: ${problem}`, () =>
        refusals()
          .slice(before)
          .some((line) => String(line.problem).includes(problem)),
      )
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
      expect(shapeOf(await client.ask('sandbox-fast', '', { messages }))).toBe('error')
    }
    put(config, YAML(2))
    sluice.process.kill('SIGHUP')
    await until('it is reloaded', () => sluice.logged('configuration reloaded').length > 0)
    expect(shapeOf(await client.ask('sandbox-fast', '', { messages }))).toContain('complete')
  })

  it('that cannot even be tried leaves the old configuration in use', async () => {
    const sluice = await runSluice()
    const client = await TutorialClient.connect(sluice.url)
    mkdirSync(join(sluice.folder, '.env'))
    sluice.process.kill('SIGHUP')
    const refusal = 'the new configuration is refused; the old one stays in use'
    await until('it is refused', () => sluice.logged(refusal).length > 0)
    expect(String(sluice.logged(refusal)[0]?.problem)).toContain('EISDIR')
    expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
  })

  it('follows a change of the key file by itself: a revoked key loses its sockets', async () => {
    const keys = keyFile()
    const { key, id } = await keys.create()
    const sluice = await runSluice({ SLUICE_KEYS_FILE: keys.path })
    const client = await TutorialClient.connect(sluice.url, [], bearer(key))
    await client.ask('sandbox-fast')
    await keys.revoke(id)
    expect(await client.closed).toEqual({ code: 4401, reason: 'The key has been revoked' })
    const again = await TutorialClient.connect(sluice.url, [], bearer(key))
    expect(await again.closed).toMatchObject({ code: 4401 })
    expect(sluice.logged('keys reloaded').at(-1)).toMatchObject({ added: [], revoked: [id] })
    writeFileSync(keys.path, readFileSync(keys.path, 'utf8').slice(0, 40))
    const refusal = 'the new key file is refused; the old keys stay in use'
    await until('half a file is refused', () => sluice.logged(refusal).length > 0)
    sluice.process.kill('SIGTERM')
    await sluice.exited
    const { events } = auditContent(sluice.auditFile)
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'key_change', keyId: id, action: 'revoked' }),
    )
  })
})

describe('the key file of a running gateway', () => {
  const refusal = 'the new key file is refused; the old keys stay in use'

  it('is missed when it is deleted, by log and metric, and taken again when it is back', async () => {
    const keys = keyFile()
    const { key } = await keys.create()
    const sluice = await runSluice({ SLUICE_KEYS_FILE: keys.path })
    const refused = async () =>
      /^sluice_key_file_refused (\d)$/m.exec(
        (await replyTo(sluice.adminUrl, { path: '/metrics' })).body,
      )?.[1]
    expect(await refused()).toBe('0')
    renameSync(keys.path, `${keys.path}.away`)
    await until('it is missed', () => sluice.logged(refusal).length > 0)
    expect(String(sluice.logged(refusal)[0]?.problem)).toContain('cannot be read (ENOENT)')
    expect(await refused()).toBe('1')
    const client = await TutorialClient.connect(sluice.url, [], bearer(key))
    expect(shapeOf(await client.ask('sandbox-fast'))).toContain('complete')
    renameSync(`${keys.path}.away`, keys.path)
    await until('it is back', () => sluice.logged('keys reloaded').length > 0)
    expect(await refused()).toBe('0')
  })

  it('is read again when it was changed in place and its old times put back', async () => {
    const keys = keyFile()
    const { key, id } = await keys.create()
    const sluice = await runSluice({ SLUICE_KEYS_FILE: keys.path })
    const client = await TutorialClient.connect(sluice.url, [], bearer(key))
    await client.ask('sandbox-fast')
    const { atimeMs, mtimeMs } = statSync(keys.path)
    const other = keyFile()
    await other.create()
    writeFileSync(keys.path, readFileSync(other.path))
    utimesSync(keys.path, atimeMs / 1000, mtimeMs / 1000)
    expect(await client.closed).toEqual({ code: 4401, reason: 'The key has been revoked' })
    await until('the log says so', () => sluice.logged('keys reloaded').length > 0)
    expect(sluice.logged('keys reloaded').at(-1)).toMatchObject({ revoked: [id] })
  })

  it('is warned of when everybody may write it, at the start and when that comes to be', async () => {
    const warning = 'the key file is not protected'
    const keys = keyFile()
    await keys.create()
    const sluice = await runSluice({ SLUICE_KEYS_FILE: keys.path })
    expect(sluice.logged(warning)).toEqual([])
    chmodSync(keys.path, 0o666)
    await until('it is warned of', () => sluice.logged(warning).length > 0)
    expect(String(sluice.logged(warning)[0]?.problem)).toContain('mode 0666')
    const second = await runSluice({ SLUICE_KEYS_FILE: keys.path })
    await until('it is warned of at the start', () => second.logged(warning).length > 0)
  })
})

describe('SIGHUP before the gateway is ready', () => {
  it('does not end it, and the reload follows the start', async () => {
    const keys = keyFile()
    await keys.create()
    const content = readFileSync(keys.path)
    unlinkSync(keys.path)
    execFileSync('mkfifo', [keys.path])
    const script = fileURLToPath(new URL('../../../cli/bin/sluice.js', import.meta.url))
    const child = startProcess([script, 'serve'], temporaryFolder(), {
      SLUICE_AUDIT: 'off',
      SLUICE_KEYS_FILE: keys.path,
    })
    // Opens when the gateway reads its keys, and holds its start there.
    const pipe = await open(keys.path, 'w')
    child.process.kill('SIGHUP')
    unlinkSync(keys.path)
    writeFileSync(keys.path, content)
    await pipe.writeFile(content)
    await pipe.close()
    await until('it is ready', () => child.logged('gateway is ready').length > 0)
    await until('it reloads', () => child.logged('configuration reloaded').length > 0)
    expect(child.process.exitCode).toBeNull()
  })
})

describe('a revoked key', () => {
  it.each([
    ['a sluice.yaml that is wrong', 'guard: { policy: nobody }'],
    ['a sluice.yaml that is none', 'request: { maxMessages: '],
    ['another key with a policy that does not exist', undefined],
  ])('loses its sockets beside %s', async (_, yaml) => {
    const keys = keyFile()
    const config = join(temporaryFolder(), 'sluice.yaml')
    writeFileSync(config, YAML(1))
    const { key, id } = await keys.create()
    const sluice = await runSluice({ SLUICE_KEYS_FILE: keys.path, SLUICE_CONFIG: config })
    const client = await TutorialClient.connect(sluice.url, [], bearer(key))
    await client.ask('sandbox-fast')
    if (yaml === undefined) await keys.create({ policy: 'stndard' })
    else writeFileSync(config, yaml)
    await keys.revoke(id)
    expect(await client.closed).toEqual({ code: 4401, reason: 'The key has been revoked' })
    expect(sluice.process.exitCode).toBeNull()
  })
})

describe('an exception that nobody foresaw', () => {
  it.each(['throw', 'reject'])(
    'ends the process with everything written, and is not quoted: %s',
    async (what) => {
      const sandbox = await startSandbox({ deltaIntervalMs: 5 })
      onTestFinished(() => sandbox.close())
      const folder = temporaryFolder()
      const audit = join(folder, 'audit.db')
      const script = fileURLToPath(new URL('crash-process.mjs', import.meta.url))
      const child = startProcess([script, sandbox.url, audit, what], folder, {})
      await until('it is ready', () => child.logged('gateway is ready').length > 0)
      const url = String(child.logged('gateway is ready')[0]?.url)
      const [done, busy] = (await connectAll(url, 2)) as [TutorialClient, TutorialClient]
      busy.init('sandbox-stall-mid-stream')
      await busy.next()
      await done.ask('sandbox-fast')
      child.process.kill('SIGUSR2')
      expect(await child.exited).toBe(1)
      expect(await done.closed).toEqual(RESTART)
      expect(statusesOf(audit)).toEqual({ success: 1, cancelled: 1 })
      expect(child.logged('unexpected exception; the gateway ends')).toHaveLength(1)
      expect(child.output()).not.toContain('4111')
    },
  )
})
