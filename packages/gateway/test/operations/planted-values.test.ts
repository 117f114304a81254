// A run full of values that must not be found again: secrets, prompts, answers, what the guard detects, and names that
// clients make up. Then everything that the gateway wrote anywhere is searched for each of them.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGateway } from '@sluice/gateway'
import { type SandboxOptions, sandboxModels, startSandbox } from '@sluice/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { startReceiver } from '../webhook/receiver.ts'
import { replyTo, upgradeHeaders } from './http-reply.ts'
import { bearer, keyFile, keyProtocol } from './key-file.ts'
import { logLines } from './log-lines.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { tokenRelay } from './token-relay.ts'

const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.js', import.meta.url))

/** Each is found nowhere else in this repository's outputs, so that a hit is a leak. */
const PLANTED = {
  clientSecret: 'planted-client-secret-7f3a',
  webhookSecret: 'planted-webhook-secret-91bc',
  badKey: `sluice_sk_${'Q'.repeat(12)}_${'Z'.repeat(40)}`,
  badToken: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbGFudGVkIn0.cGxhbnRlZA',
  promptWords: 'the heron stands in plantedwater',
  answerWords: 'quietplantedanswer',
  card: '4929 1234 5678 9010',
  cardDigits: '4929123456789010',
  ssn: '987-65-4321',
  email: 'planted.person@example.net',
  cardInConversation: '4916338506082832',
  cardInModel: '4532015112830366',
  toolArgument: 'plantedtoolargument',
} as const

const TEXTS = [
  PLANTED.promptWords,
  PLANTED.answerWords,
  `my card is ${PLANTED.card}`,
  `my number is ${PLANTED.ssn}`,
  `write to ${PLANTED.email}`,
  `${PLANTED.promptWords} kill yourself`,
]

/** Models that never end by themselves; a client leaves them. */
const ENDLESS = /stall/
/** Models that are slow by design and say nothing that others do not. */
const SLOW = /slow|long|429-(once|always|date|absurd)|byte-by-byte|huge/

async function plantedRun() {
  const sandbox = await startSandbox({ deltaIntervalMs: 0, ...SANDBOX })
  onTestFinished(() => sandbox.close())
  const relay = await tokenRelay(sandbox.url)
  const hook = await startReceiver()
  const { logger, text: log } = logLines()
  const keys = keyFile()
  const { key } = await keys.create()
  const revoked = await keys.create()
  await keys.revoke(revoked.id)
  const folder = temporaryFolder()
  const gateway = await createGateway({
    genesysBaseUrl: relay.url,
    clientId: 'planted-client',
    clientSecret: PLANTED.clientSecret,
    webhookUrl: hook.url,
    webhookSecret: PLANTED.webhookSecret,
    keysFile: keys.path,
    audit: join(folder, 'audit.db'),
    port: 0,
    adminPort: 0,
    requestsPerMinute: 0,
    clientRequestsPerMinute: 0,
    addressRequestsPerMinute: 0,
    retryBaseDelayMs: 1,
    firstByteTimeoutMs: 100,
    idleTimeoutMs: 100,
    logger,
  })
  onTestFinished(() => gateway.stop())
  return { relay, hook, log, key, revoked: revoked.key, folder, gateway }
}

const SANDBOX: SandboxOptions = {
  clientId: 'planted-client',
  clientSecret: PLANTED.clientSecret,
  rateLimitPerMinute: 100_000,
}

/** Everything that clients were told that is no answer of the model. */
async function talk(url: string, key: string): Promise<string[]> {
  const told: string[] = []
  const client = await TutorialClient.connect(url, [], bearer(key))
  const ask = async (payload: object, more: object = {}) => {
    client.send({ type: 'init', payload, ...more })
    const messages = await client.turn()
    told.push(
      ...messages.filter(({ type }) => type !== 'chunk').map((message) => JSON.stringify(message)),
    )
  }
  const said = (content: string) => [{ role: 'user', content }]
  const models = sandboxModels.map(({ model }) => model).filter((model) => !SLOW.test(model))
  for (const model of models) {
    const content = ENDLESS.test(model) ? PLANTED.promptWords : (TEXTS[0] ?? '')
    await ask({ modelId: model, messages: said(content) })
  }
  for (const content of TEXTS) {
    for (const modelId of [
      'sandbox-echo',
      'sandbox-echo-secrets',
      `gpt-4o-${PLANTED.cardInModel}`,
    ]) {
      const conversationId = `call ${PLANTED.cardInConversation}`
      await ask({ modelId, messages: said(content) }, { conversationId })
    }
  }
  const call = {
    id: 'c',
    type: 'function',
    function: { name: 'f', arguments: `{"a":"${PLANTED.toolArgument}"}` },
  }
  await ask({
    modelId: 'sandbox-fast',
    messages: [
      ...said('x'),
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', content: PLANTED.ssn, tool_call_id: 'c' },
    ],
  })
  for (const wrong of malformed()) {
    client.send(wrong)
    told.push(JSON.stringify(await client.next()))
  }
  return told
}

/** Requests that are refused before they are requests. */
function malformed(): unknown[] {
  const { promptWords, cardInModel, email } = PLANTED
  const messages = [{ role: 'user', content: promptWords }]
  return [
    `{"${promptWords}`,
    { type: promptWords },
    {
      type: 'init',
      payload: { modelId: cardInModel, messages: [{ role: promptWords, content: email }] },
    },
    {
      type: 'init',
      payload: { modelId: cardInModel, messages, temperature: promptWords, [email]: 1 },
    },
    { type: 'init', payload: { modelId: 'm', messages, tools: [{ type: promptWords }] } },
    { type: 'init', payload: { modelId: 'm', messages }, conversationId: { [email]: email } },
    { type: 'init', payload: { modelId: 'm', messages }, onOverflow: promptWords },
    {
      type: 'init',
      payload: { modelId: 'm', messages: [{ role: 'user', content: email.repeat(500) }] },
    },
  ]
}

/** What is said to those who do not get in. */
async function knock(url: string, revoked: string): Promise<string[]> {
  const told: string[] = []
  for (const credential of [PLANTED.badKey, PLANTED.badToken, revoked]) {
    for (const [protocols, options] of [
      [[], bearer(credential)],
      [['sluice.v1', keyProtocol(credential)], {}],
    ] as const) {
      const client = await TutorialClient.connect(url, [...protocols], options)
      const { reason } = await client.closed
      told.push(reason, client.socket.protocol, JSON.stringify(client.received))
    }
    const client = await TutorialClient.connect(url)
    client.send({ type: 'hello', token: credential })
    told.push((await client.closed).reason)
  }
  const path = `/${PLANTED.email}?key=${PLANTED.badKey}`
  const origin = `https://${PLANTED.promptWords.replaceAll(' ', '-')}.example`
  for (const headers of [{}, upgradeHeaders(), upgradeHeaders({ origin })]) {
    const { body, headers: answered } = await replyTo(url, { path, headers })
    told.push(body, JSON.stringify(answered))
  }
  return told
}

function bytesOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n')
}

async function commandLine(audit: string): Promise<string> {
  const run = promisify(execFile)
  const env = {
    PATH: process.env.PATH ?? '',
    LLM_BASE_URL: 'http://127.0.0.1:1',
    LLM_API_KEY: PLANTED.clientSecret,
  }
  const commands = [
    ['audit', 'list', '--file', audit],
    ['audit', 'export', '--file', audit],
    ['audit', 'export', '--format', 'csv', '--file', audit],
    ['audit', 'stats', '--file', audit],
    ['check', '--all', '--offline'],
  ]
  const cwd = temporaryFolder()
  const outputs = await Promise.all(
    commands.map((args) => run(process.execPath, [SLUICE, ...args], { env, cwd })),
  )
  return outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n')
}

describe('nothing that was planted', () => {
  it('is found in log, metrics, audit, webhook, errors or the command line', async () => {
    const { gateway, relay, hook, log, key, revoked, folder } = await plantedRun()
    const knocked = await knock(gateway.url, revoked)
    const told = await talk(gateway.url, key)
    const { body: metrics } = await replyTo(`http://127.0.0.1:${gateway.adminPort}`, {
      path: '/metrics',
    })
    const live = bytesOf(folder)
    await until('the webhook has them all', () => {
      const sent = hook.received.reduce((sum, { body }) => sum + body.events.length, 0)
      return sent >= sandboxModels.length
    })
    await gateway.stop()
    const outputs: Record<string, string> = {
      log: log(),
      metrics,
      'audit while it runs': live,
      audit: bytesOf(folder),
      webhook: hook.received.map(({ text, headers }) => text + JSON.stringify(headers)).join('\n'),
      'messages to clients': [...knocked, ...told].join('\n'),
      'command line': await commandLine(join(folder, 'audit.db')),
    }
    // The model's name goes back to the client that made it, in its own audit log and ack, and to nobody else.
    const own = outputs['messages to clients'] ?? ''
    outputs['messages to clients'] = own.replaceAll(/"modelId":"[^"]*"/g, '')
    expect(relay.tokens.length).toBeGreaterThan(0)
    const values = [...Object.values(PLANTED), key, revoked, ...relay.tokens]
    for (const [place, text] of Object.entries(outputs)) {
      expect(text.length, place).toBeGreaterThan(500)
      for (const value of values) {
        const forms = [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)]
        for (const form of forms) expect(text.includes(form), `${value} in ${place}`).toBe(false)
      }
    }
  })
})
