// Asks a gateway with @sluice/client and prints the answer as it comes. A connection that breaks costs nothing: the answer
// goes on where it was. Ctrl-C stops the model.
// Run:   node examples/sdk-client.mjs "Where is my order?"
//        node examples/sdk-client.mjs --attach REQUEST_ID     the same answer from its start, also while it still comes
// GATEWAY_URL (default ws://127.0.0.1:8080), MODEL (default gpt-4o-mini) and CLIENT_KEY are read.
import { connect, SluiceError } from '@sluice/client'

const { GATEWAY_URL = 'ws://127.0.0.1:8080', MODEL = 'gpt-4o-mini', CLIENT_KEY } = process.env
const [first = 'Hello', second] = process.argv.slice(2)

const client = connect({
  url: GATEWAY_URL,
  giveUpAfterMs: 20_000,
  ...(CLIENT_KEY !== undefined && { token: CLIENT_KEY }),
})
client.onStateChange((state) => {
  if (state.status === 'waiting')
    console.error(`[no connection: ${state.error.code}, trying again]`)
})

const completion =
  first === '--attach'
    ? client.attach(second ?? '')
    : client.complete({ modelId: MODEL, messages: [{ role: 'user', content: first }] })
completion.acknowledged.then(() => console.error(`[${completion.requestId}]`)).catch(() => {})
process.once('SIGINT', () => completion.cancel())

try {
  for await (const event of completion) {
    if (event.type === 'text' && event.channel === 'content') process.stdout.write(event.text)
    // Text that was shown has to go; here it can only be said.
    if (event.type === 'blocked') console.error(`\n[withdrawn: ${event.reason}]`)
    if (event.type === 'cancelled') console.error('\n[stopped]')
  }
} catch (error) {
  if (!(error instanceof SluiceError)) throw error
  console.error(`\n[${error.code}] ${error.message}`)
  process.exitCode = 1
}
client.close()
