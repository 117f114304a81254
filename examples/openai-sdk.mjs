// The official `openai` package against a gateway: an answer as a whole, one as it comes, a tool, an answer that is stopped,
// and an error.
// Run:   node examples/openai-sdk.mjs "Where is my order?"
// OPENAI_BASE_URL (default http://127.0.0.1:8080/v1), OPENAI_API_KEY (default none) and MODEL (default gpt-4o-mini) are read.
import OpenAI from 'openai'

const {
  OPENAI_BASE_URL = 'http://127.0.0.1:8080/v1',
  OPENAI_API_KEY = 'none',
  MODEL = 'gpt-4o-mini',
} = process.env
const openai = new OpenAI({ baseURL: OPENAI_BASE_URL, apiKey: OPENAI_API_KEY })
const messages = [{ role: 'user', content: process.argv[2] ?? 'Where is my order?' }]

const whole = await openai.chat.completions.create({ model: MODEL, messages })
console.log('whole:   ', whole.choices[0]?.message.content)

process.stdout.write('streamed: ')
const stream = await openai.chat.completions.create({
  model: MODEL,
  messages,
  stream: true,
  stream_options: { include_usage: true },
})
for await (const { choices, usage } of stream) {
  process.stdout.write(choices[0]?.delta.content ?? '')
  if (usage) console.log(`\n          (${usage.completion_tokens} tokens)`)
}

const lookUp = {
  name: 'lookup_order',
  description: 'Where an order is',
  parameters: { type: 'object', properties: { orderId: { type: 'string' } } },
  parse: JSON.parse,
  function: ({ orderId }) => {
    console.log('tool:    ', `lookup_order(${orderId})`)
    return 'on its way'
  },
}
// On the sandbox only `sandbox-tools` calls tools; a real model does so when it needs one.
const runner = openai.chat.completions.runTools({
  model: MODEL.startsWith('sandbox-') ? 'sandbox-tools' : MODEL,
  messages,
  tools: [{ type: 'function', function: lookUp }],
})
console.log('answer:  ', await runner.finalContent())

// Leaving the loop closes the connection, and that stops the model.
let count = 0
for await (const _ of await openai.chat.completions.create({
  model: MODEL,
  messages,
  stream: true,
})) {
  count += 1
  if (count === 3) break
}
console.log('stopped:  after', count, 'chunks')

try {
  await openai.chat.completions.create({ model: MODEL, messages, temperature: 3 })
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error
  console.log('error:   ', error.status, error.type, `request ${error.requestID}`)
}
