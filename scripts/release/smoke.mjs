// Run in a folder into which the packed packages were installed: imports each, holds a conversation through the gateway as
// a library, and through the command as a user runs it. Prints `ok` at the end; any failure is an exception.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const { createGateway } = await import('@sluice/gateway')
const { compilePolicy } = await import('@sluice/guard')
const { startSandbox } = await import('@sluice/sandbox')
const { CLOSE_CODES } = await import('@sluice/protocol')
await import('@sluice/protocol/schemas')
await import('@sluice/client')
const { WebSocket } = await import('ws')

assert.equal(CLOSE_CODES.unauthorized.code, 4401)
assert.equal(
  compilePolicy('standard').scan('mail ann@example.com', { direction: 'output' }).text,
  'mail [EMAIL_ADDRESS]',
)

const sandbox = await startSandbox()
const gateway = await createGateway({
  port: 0,
  adminPort: 'off',
  audit: './audit.db',
  logLevel: 'silent',
  policy: 'standard',
  llmBaseUrl: `${sandbox.url}/v1`,
})
const socket = new WebSocket(gateway.url)
await once(socket, 'open')
const messages = [{ role: 'user', content: 'hi' }]
socket.send(JSON.stringify({ type: 'init', payload: { modelId: 'sandbox-pii', messages } }))
let text = ''
for await (const [data] of events(socket)) {
  const message = JSON.parse(String(data))
  assert.notEqual(message.type, 'error', message.message)
  if (message.type === 'chunk') text += message.data.choices[0]?.delta.content ?? ''
  if (message.type === 'complete') break
}
assert.match(text, /\[CREDIT_CARD\]/)
socket.close()
await gateway.stop()
await sandbox.close()

const serve = sluice('serve', '--port', '0')
const url = await printed(serve, /Sluice listens on (ws:\S+)/)
const chat = sluice('chat', '--url', url, '--model', 'sandbox-pii', 'hi')
await printed(chat, /(\[US_SSN\])/)
serve.kill('SIGTERM')
const [code] = await once(serve, 'exit')
assert.equal(code, 0)
console.log('ok')

function sluice(...args) {
  const command = new URL('node_modules/@sluice/cli/bin/sluice.js', import.meta.url).pathname
  const env = { ...process.env, SLUICE_AUDIT: 'off', SLUICE_ADMIN_PORT: 'off' }
  return spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The first group of the first match in what a process prints. */
function printed(child, pattern) {
  return new Promise((resolve, reject) => {
    let output = ''
    const take = (data) => {
      output += String(data)
      const [, found] = pattern.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('close', () => reject(new Error(`never printed ${pattern}:\n${output}`)))
  })
}

async function* events(source) {
  const queue = []
  let wake = () => {}
  source.on('message', (...args) => {
    queue.push(args)
    wake()
  })
  for (;;) {
    while (queue.length === 0) await new Promise((resolve) => (wake = resolve))
    yield queue.shift()
  }
}
