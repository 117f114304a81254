// `sluice chat` against a real gateway: text, JSON, pipes, exit codes, and foreign text that a terminal must not obey.
import { beforeAll, describe, expect, it } from 'vitest'
import { ScriptedServer } from '../../client/test/scripted-server.ts'
import { type Ended, type SluiceOptions, SluiceProcess, sluice } from './sluice-process.ts'

/** One gateway for all tests of this file: they only ask it. */
let url = ''
beforeAll(async () => {
  const { createGateway } = await import('@sluice/gateway')
  const { startSandbox } = await import('@sluice/sandbox')
  const sandbox = await startSandbox({ deltaIntervalMs: 0 })
  const gateway = await createGateway({
    port: 0,
    adminPort: 'off',
    audit: 'off',
    logLevel: 'silent',
    genesysBaseUrl: sandbox.url,
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-secret',
  })
  url = gateway.url
  return async () => {
    await gateway.stop()
    await sandbox.close()
  }
})

const chat = (args: readonly string[], options: SluiceOptions = {}): Promise<Ended> =>
  sluice(['chat', '--url', url, ...args], options)

/** A server of dialect 2 that answers any `init` with these frames, of its id. */
async function saying(...frames: object[]): Promise<string> {
  const server = await ScriptedServer.start()
  void server.peer().then(async (peer) => {
    const { id } = await peer.frame()
    for (const frame of frames) peer.send({ id, ...frame })
  })
  return server.url
}

const ACK = { type: 'handshake_ack', requestId: 'r1', tokenCount: 9 }

// Some tests start many processes, one after the other.
describe('sluice chat', () => {
  it('streams the answer to standard output, and what is about it to standard error', async () => {
    const { code, stdout, stderr } = await chat(['--model', 'sandbox-fast', 'Where is my order?'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Thank you for your patience\. .* letter box\.\n$/)
    expect(stderr).toMatch(/^sandbox-fast · \d+ tokens of prompt$/m)
    expect(stderr).toMatch(/first token \d+ ms · [\d.]+ tokens\/s · \d+ tokens · [\d.]+ s/)
    expect(stdout + stderr).not.toContain('\u001b')
  })

  it('writes reasoning to standard error, also the last of it that comes after the answer', async () => {
    const server = await saying(
      ACK,
      { type: 'chunk', seq: 1, channel: 'reasoning', text: 'First I ' },
      { type: 'chunk', seq: 2, text: 'Yes, ' },
      { type: 'chunk', seq: 3, text: 'it is.' },
      { type: 'chunk', seq: 4, channel: 'reasoning', text: 'think.' },
      { type: 'complete', seq: 5, usage: { completionTokens: 4 } },
    )
    const { code, stdout, stderr } = await sluice(['chat', '--url', server, 'is it?'])
    expect([code, stdout]).toEqual([0, 'Yes, it is.\n'])
    expect(stderr).toMatch(/First I \nthink\.\nfirst token /)
  })

  it('prints the events as they come with --json', async () => {
    const { code, stdout } = await chat(['--model', 'sandbox-fast', '--json', 'hi'])
    const types = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(code).toBe(0)
    expect([types[0], types.at(-1)]).toEqual(['acknowledged', 'complete'])
  })

  it('reads the prompt from a pipe', async () => {
    const { stdout } = await chat(['--model', 'sandbox-echo'], { input: 'Grüße aus der Pipe 🚀' })
    expect(stdout).toBe('Grüße aus der Pipe 🚀\n')
  })

  it('asks a prompt and what is piped in together, in this order', async () => {
    const args = ['--model', 'sandbox-echo', 'Summarise this:']
    const { stdout } = await chat(args, { input: 'Line one.\nLine two.\n' })
    expect(stdout).toBe('Summarise this:\n\nLine one.\nLine two.\n\n')
    expect((await chat(args, { input: '' })).stdout).toBe('Summarise this:\n')
  })

  it.each(['ws', 'http', ''])(
    'takes the address of this machine with %j before it',
    async (scheme) => {
      const address = url.replace('ws://', scheme === '' ? '' : `${scheme}://`)
      const asked = ['chat', '--url', address, '--model', 'sandbox-fast', 'hi']
      expect((await sluice(asked)).code).toBe(0)
    },
  )

  it('trusts no field of a frame', async () => {
    const evil = '\u001b[2J\u009b31m'
    const junk: unknown[] = [null, 7, evil, [], {}, [evil], { toString: evil }, -1, 0.5]
    const frames = junk.flatMap((value, i) => [
      { type: 'chunk', seq: 3 * i + 1, text: value },
      { type: 'chunk', seq: 3 * i + 2, toolCall: value, channel: value, choice: value },
      { type: 'chunk', seq: 3 * i + 3, toolCall: { index: value, name: value, arguments: value } },
      { type: 'of the future', data: value },
      { type: value },
    ])
    const seq = 3 * junk.length + 1
    const ends = junk.map((value) => ({ type: 'complete', seq, usage: value, audit: value }))
    for (const end of [
      ...ends.slice(2, 4),
      { type: 'complete', seq, usage: { completionTokens: evil } },
    ]) {
      const ack = { ...ACK, tokenCount: evil, dropped: evil }
      const ended = await sluice(['chat', '--url', await saying(ack, ...frames, end), 'hi'])
      expect(ended.code).toBe(0)
      const shown = ended.stdout + ended.stderr
      for (const foul of ['\u001b', '\u009b', 'unexpected failure', 'undefined']) {
        expect(shown).not.toContain(foul)
      }
    }
    const error = { type: 'error', seq: 1, code: evil, message: evil }
    const failed = await sluice(['chat', '--url', await saying(error), 'hi'])
    expect(failed.code).toBe(1)
    expect(failed.stderr).not.toContain('\u001b')
  })

  it('sends system message and temperature', async () => {
    const args = ['--model', 'sandbox-fast', '--system', 'Be brief.', '--temperature', '0']
    const { code, stderr } = await chat([...args, 'hi'])
    expect(code).toBe(0)
    const plain = await chat(['--model', 'sandbox-fast', 'hi'])
    const tokens = (text: string) => Number(/(\d+) tokens of prompt/.exec(text)?.[1])
    expect(tokens(stderr)).toBeGreaterThan(tokens(plain.stderr))
  })

  it.each([
    ['sandbox-unsafe', 'blocked by the guard: Safety guardrail violation'],
    ['sandbox-pii', 'blocked by the guard: PII detected'],
    ['sandbox-400', 'upstream answered 400'],
  ])('ends with 1 for %s, and says why', async (model, why) => {
    const { code, stderr } = await chat(['--model', model, 'hi'])
    expect(code).toBe(1)
    expect(stderr).toContain(why)
  })

  it('retries behind the scenes', async () => {
    const { code, stdout } = await chat(['--model', 'sandbox-503-once', 'Where is my order?'])
    expect([code, stdout.slice(0, 9)]).toEqual([0, 'Thank you'])
  })

  it('makes escape sequences of an answer harmless, however they are split', async () => {
    const attack = '\u001b]0;title\u0007 \u001b[2J \u009b31m \u202eevil \r\b \u007f ok\ttab'
    const { stdout } = await chat(['--model', 'sandbox-echo', attack])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
    expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(stdout).toContain('ok\ttab')
    const json = await chat(['--model', 'sandbox-echo', '--json', attack])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
    expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('makes those of errors, reasons and tool calls harmless, too', async () => {
    const evil = 'x\u001b[2Jy\u009b1mz'
    const harmless = /x␛\[2Jy\\u\{9b\}1mz/
    const shown = async (...frames: object[]) =>
      (await sluice(['chat', '--url', await saying(...frames), 'hi'])).stderr
    expect(await shown({ type: 'error', seq: 1, code: 'internal', message: evil })).toMatch(
      harmless,
    )
    expect(await shown({ type: 'blocked', seq: 1, reason: evil })).toMatch(harmless)
    const toolCall = { index: 0, name: evil, arguments: evil }
    const call = { type: 'chunk', seq: 1, channel: 'tool_call', toolCall }
    expect(await shown(ACK, call, { type: 'complete', seq: 2 })).toMatch(harmless)
  })

  it.each([
    [['--url', 'ftp://127.0.0.1:1', 'hi'], 'is not a ws:// or wss:// URL'],
    [['--url', 'ws://', 'hi'], 'is not a ws:// or wss:// URL'],
    [['--url', 'gateway.example.com', 'hi'], 'is it wss://gateway.example.com (TLS) or ws://'],
    [['--url', 'ws://u:qzSECRETqz@127.0.0.1:1/?k=x', 'hi'], 'the gateway at ws://127.0.0.1:1: '],
    [['--url', '127.0.0.1:1', 'hi'], 'nothing listens there. Start the gateway first'],
    [['--url', 'ws://127.0.0.1:1', 'hi'], 'nothing listens there. Start the gateway first'],
    [['--temperature', 'hot', 'hi'], '--temperature: expected a number from 0 to 2'],
    [[' '], 'What should be asked?'],
    [[], 'What should be asked?'],
  ])('refuses %j in one line', async (args, problem) => {
    const { code, stderr } = await chat(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^sluice: .*\n$/)
    expect(stderr).toContain(problem)
    expect(stderr).not.toContain('qzSECRETqz')
  })

  it('leaves no completion behind when it is interrupted', async () => {
    const process = new SluiceProcess(['chat', '--url', url, '--model', 'sandbox-slow', 'hi'])
    await process.prints(/tokens of prompt/)
    process.signal('SIGINT')
    expect((await process.ended).code).not.toBe(0)
  })
})
