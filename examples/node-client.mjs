// Asks a running gateway and prints the answer as it comes.
// Run:   node examples/node-client.mjs "Where is my order?"
// GATEWAY_URL (default ws://127.0.0.1:8080), MODEL (default gpt-4o-mini), CLIENT_KEY and IDLE_TIMEOUT_MS are read.
import { ask } from './client.mjs'

const {
  GATEWAY_URL = 'ws://127.0.0.1:8080',
  MODEL = 'gpt-4o-mini',
  CLIENT_KEY,
  IDLE_TIMEOUT_MS = '60000',
} = process.env
const content = process.argv[2] ?? 'Hello'
const payload = { modelId: MODEL, messages: [{ role: 'user', content }] }
try {
  for await (const text of ask(GATEWAY_URL, payload, {
    key: CLIENT_KEY,
    idleTimeoutMs: Number(IDLE_TIMEOUT_MS),
  }))
    process.stdout.write(text)
  process.stdout.write('\n')
} catch (error) {
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
