// What users of OpenAI's library for Node.js do, against the gateway at OPENAI_BASE_URL with the sandbox behind it. It is
// run in a folder that has the version of the library that is tried, by the version of Node.js that is tried.
import OpenAI from 'openai'

const client = new OpenAI({ apiKey: 'none' })
const messages = [{ role: 'user', content: 'Where is my order?' }]
const asked = { model: 'sandbox-default', messages }
const input = 'Where is my order?'

function check(what, holds) {
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}\n`)
  if (!holds) process.exit(1)
}

async function failureOf(ask) {
  try {
    await ask()
  } catch (error) {
    return error
  }
  return undefined
}

// Chat completions.
const whole = await client.chat.completions.create(asked)
const text = whole.choices[0].message.content
check('one object', text.length > 20 && whole.choices[0].finish_reason === 'stop')
const gathered = await client.chat.completions
  .stream({ ...asked, stream_options: { include_usage: true } })
  .finalChatCompletion()
check('a stream with the same text', gathered.choices[0].message.content === text)
check('usage at its end', gathered.usage.total_tokens === whole.usage.total_tokens)
const orders = []
const lookUp = {
  name: 'lookup_order',
  parameters: { type: 'object', properties: {} },
  function: (given) => {
    orders.push(JSON.parse(given).orderId)
    return 'on its way'
  },
}
const runner = client.chat.completions.runTools({
  model: 'sandbox-tools',
  messages,
  stream: true,
  tools: [{ type: 'function', function: lookUp }],
})
check('tools', (await runner.finalContent()).length > 20 && orders.join() === 'A-10234,A-10235')
const schema = { name: 'trip', strict: true, schema: { type: 'object' } }
const parsed = await client.chat.completions.parse({
  model: 'sandbox-echo',
  messages: [{ role: 'user', content: '{"city":"Oslo"}' }],
  response_format: { type: 'json_schema', json_schema: schema },
})
check('structured output', parsed.choices[0].message.content === '{"city":"Oslo"}')
const models = []
for await (const { id } of client.models.list()) models.push(id)
check('models', models.length > 0)

// Errors, and an abort.
for (const [model, kind] of [
  ['sandbox-503', OpenAI.InternalServerError],
  ['sandbox-429-absurd', OpenAI.RateLimitError],
]) {
  const error = await failureOf(() => client.chat.completions.create({ model, messages }))
  check(`${kind.name} with a code`, error instanceof kind && typeof error.code === 'string')
}
const broken = await failureOf(async () => {
  const cut = { model: 'sandbox-reset-mid-stream', messages, stream: true }
  for await (const _ of await client.chat.completions.create(cut));
})
check('a stream that breaks off', broken?.code === 'stream_interrupted')
const abort = new AbortController()
const aborted = await failureOf(async () => {
  const slow = { model: 'sandbox-slow', messages, stream: true }
  const stream = await client.chat.completions.create(slow, { signal: abort.signal })
  abort.abort()
  for await (const _ of stream);
})
const brokenResponse = await failureOf(() =>
  client.responses.stream({ model: 'sandbox-reset-mid-stream', input }).finalResponse(),
)
check('a response that breaks off', brokenResponse?.code === 'stream_interrupted')
check('an abort', aborted === undefined || aborted instanceof OpenAI.APIUserAbortError)

// Responses.
const response = await client.responses.create({ model: 'sandbox-default', input })
check('a response', response.status === 'completed' && response.output_text === text)
const streamed = await client.responses.stream({ model: 'sandbox-default', input }).finalResponse()
check('a response as a stream', streamed.output_text === text)
const called = await client.responses
  .stream({
    model: 'sandbox-tools',
    input,
    tools: [{ type: 'function', ...lookUp, strict: false }],
  })
  .finalResponse()
const outputs = called.output
  .filter((item) => item.type === 'function_call')
  .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'on its way' }))
const answered = await client.responses.create({
  model: 'sandbox-tools',
  input: [...messages, ...called.output, ...outputs],
})
check('tools of a response', outputs.length === 2 && answered.output_text.length > 20)
const format = { type: 'json_schema', ...schema }
const trip = await client.responses.parse({
  model: 'sandbox-echo',
  input: '{"city":"Oslo"}',
  text: { format },
})
check('structured output of a response', trip.output_parsed?.city === 'Oslo')
const later = await client.responses.create({ model: 'sandbox-default', input, background: true })
const numbers = []
const following = client.responses.stream({ response_id: later.id, starting_after: 3 })
following.on('event', ({ sequence_number: number }) => numbers.push(number))
check('one of the background', (await following.finalResponse()).output_text === text)
check(
  'its events from any',
  numbers.every((number, i) => number === i + 4),
)
check('one found again', (await client.responses.retrieve(later.id)).output_text === text)
const slow = await client.responses.create({ model: 'sandbox-slow', input, background: true })
check('one cancelled', (await client.responses.cancel(slow.id)).status === 'cancelled')
const refused = await failureOf(() =>
  client.responses.create({ model: 'sandbox-default', input, previous_response_id: 'resp_1' }),
)
check('a refusal', refused instanceof OpenAI.BadRequestError)
