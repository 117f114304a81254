// OpenAI's Responses interface against a gateway: an answer in the background that is cut off and read on from where it was,
// and a tool whose result goes back with the items of the answer.
// Run:   node examples/responses.mjs "Where is my order?"
// OPENAI_BASE_URL (default http://127.0.0.1:8080/v1), OPENAI_API_KEY (default none) and MODEL (default gpt-4o-mini) are read.
import OpenAI from 'openai'

const {
  OPENAI_BASE_URL = 'http://127.0.0.1:8080/v1',
  OPENAI_API_KEY = 'none',
  MODEL = 'gpt-4o-mini',
} = process.env
const openai = new OpenAI({ baseURL: OPENAI_BASE_URL, apiKey: OPENAI_API_KEY })
const question = process.argv[2] ?? 'Where is my order?'

const asked = { model: MODEL, input: question, background: true, stream: true }
let [id, last, before] = ['', -1, '']
for await (const event of await openai.responses.create(asked)) {
  if (event.type === 'response.created') id = event.response.id
  if (event.type === 'response.output_text.delta') before += event.delta
  last = event.sequence_number
  // The connection ends here; the answer goes on without it.
  if (last === 12) break
}
console.log('before:  ', before)
let after = ''
for await (const event of await openai.responses.retrieve(id, {
  stream: true,
  starting_after: last,
}))
  if (event.type === 'response.output_text.delta') after += event.delta
console.log('after:   ', after)
const { output_text: whole, status } = await openai.responses.retrieve(id)
console.log('found:   ', status, whole === before + after ? 'the same text' : 'another text')

const tool = { name: 'lookup_order', parameters: { type: 'object', properties: {} }, strict: false }
// The gateway keeps no conversations: what was said goes along, also what the model said.
const input = [{ role: 'user', content: question }]
// On the sandbox only `sandbox-tools` calls tools; a real model does so when it needs one.
const model = MODEL.startsWith('sandbox-') ? 'sandbox-tools' : MODEL
for (let turn = 0; turn < 3; turn += 1) {
  const tools = [{ type: 'function', ...tool }]
  const response = await openai.responses.create({ model, input, tools, store: false })
  const calls = response.output.filter((item) => item.type === 'function_call')
  if (calls.length === 0) {
    console.log('answer:  ', response.output_text)
    break
  }
  input.push(...response.output)
  for (const { call_id, name, arguments: given } of calls) {
    console.log('tool:    ', name, given)
    input.push({ type: 'function_call_output', call_id, output: 'on its way' })
  }
}
