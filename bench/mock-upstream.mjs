// The upstream every engine is measured against: a process of its own that answers OpenAI-style event streams as the
// model's name asks (see rig/stream-plan.mjs), and counts how its streams ended. Usage: mock-upstream.mjs PORT
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { deltasOf, paceOf, planOf } from './rig/stream-plan.mjs'

/** @typedef {import('./rig/stream-plan.mjs').StreamPlan} StreamPlan */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

const KEEP_ALIVE_MS = 60_000
const counts = { open: 0, finished: 0, aborted: 0 }

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, async (request, response) => {
  if (request.method === 'GET') return sendJson(response, counts)
  if (request.url !== '/v1/chat/completions') return refuse(response, 404, 'no such path')
  const body = JSON.parse(await text(request))
  const plan = planOf(body.model, body.messages.at(-1).content)
  if (plan === undefined) return refuse(response, 400, 'not a model or prompt of the benchmark')
  startStream(response, plan, body.model)
})

/**
 * @param {ServerResponse} response
 * @param {unknown} value
 */
function sendJson(response, value) {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(value))
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} message
 */
function refuse(response, status, message) {
  response.statusCode = status
  sendJson(response, { error: { message, type: 'invalid_request_error' } })
}

/**
 * @param {ServerResponse} response
 * @param {StreamPlan} plan
 * @param {string} model
 */
function startStream(response, plan, model) {
  response.setHeader('content-type', 'text/event-stream')
  counts.open += 1
  response.once('close', () => {
    counts.open -= 1
    counts[response.writableFinished ? 'finished' : 'aborted'] += 1
  })
  const events = eventsOf(plan, model)
  response.write(events.next().value)
  if (plan.paceMs === 0) pour(response, events)
  else pace(response, events, paceOf(plan))
}

/**
 * Writes as fast as the reader takes it.
 * @param {ServerResponse} response
 * @param {Iterator<string, string>} events
 */
function pour(response, events) {
  for (let event = events.next(); ; event = events.next()) {
    if (event.done) return void response.end(event.value)
    if (!response.write(event.value)) break
  }
  response.once('drain', () => pour(response, events))
}

/**
 * Writes one event each `paceMs`, against the clock and not after the last, so that a late timer does not slow the
 * stream. Paced answers are short; what a slow reader leaves behind stays in the response's buffer.
 * @param {ServerResponse} response
 * @param {Iterator<string, string>} events
 * @param {number} paceMs
 */
function pace(response, events, paceMs) {
  let due = performance.now() + paceMs
  let timer = setTimeout(step, paceMs)
  response.once('close', () => clearTimeout(timer))

  function step() {
    const event = events.next()
    if (event.done) return void response.end(event.value)
    response.write(event.value)
    due += paceMs
    timer = setTimeout(step, due - performance.now())
  }
}

/**
 * Role and deltas; what it returns is finish and `[DONE]` together, the answer's last write.
 * @param {StreamPlan} plan
 * @param {string} model
 * @returns {Generator<string, string>}
 */
function* eventsOf(plan, model) {
  const head = `data: {"id":"chatcmpl-${plan.seed}","object":"chat.completion.chunk","created":1700000000,"model":"${model}","choices":[{"index":0,"delta":`
  yield `${head}{"role":"assistant","content":""},"finish_reason":null}]}\n\n`
  for (const delta of deltasOf(plan)) {
    yield `${head}{"content":${JSON.stringify(delta)}},"finish_reason":null}]}\n\n`
  }
  return `${head}{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`
}

process.once('SIGTERM', () => process.exit(0))
server.listen(Number(process.argv[2]), '127.0.0.1')
