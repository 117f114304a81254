// The upstream of `attack.mjs` and `stalled.mjs`, a process of its own. It reads no more of a request than the model's name,
// since prompts are megabytes: `paced` sends a word each 20 ms, `steady` 64 KiB/s in a delta each 50 ms, `silent` never
// answers, `pouring` writes long texts and `extending` small extensions as fast as they are read.
//   attack-upstream.mjs PORT
import { createServer } from 'node:http'

/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** What is sent, each so many milliseconds, so many times. */
const PACES = {
  paced: { event: event({ content: ' word' }), everyMs: 20, times: 400 },
  steady: { event: event({ content: ' word'.repeat(655) }), everyMs: 50, times: 100 },
}
/** Small deltas of fields that only some providers have cost many times what as many bytes of text do. */
const DETAIL = { type: 'reasoning.text', text: ' word', format: 'unknown', index: 0 }
/** What is written as fast as it is read. */
const POURED = {
  pouring: event({ content: 'word '.repeat(800) }).repeat(16),
  extending: event({ reasoning_details: [DETAIL] }).repeat(256),
}
const counts = { open: 0 }
/** Milliseconds between two paced deltas as they were sent. @type {number[]} */
const gaps = []

/** @param {object} delta */
function event(delta, finish = 'null') {
  const choice = `{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${finish}}`
  return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[${choice}]}\n\n`
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(JSON.stringify({ ...counts, gaps }))
  counts.open += 1
  response.once('close', () => {
    counts.open -= 1
  })
  request.once('data', (start) => answer(response, String(start.subarray(0, 200))))
  request.resume()
})

/**
 * @param {ServerResponse} response
 * @param {string} start of the request's body
 */
function answer(response, start) {
  if (start.includes('"silent"')) return
  response.setHeader('content-type', 'text/event-stream')
  if (start.includes('"paced"')) pace(response, PACES.paced)
  else if (start.includes('"steady"')) pace(response, PACES.steady)
  else if (start.includes('"extending"')) pour(response, POURED.extending)
  else pour(response, POURED.pouring)
}

/**
 * @param {ServerResponse} response
 * @param {typeof PACES.paced} pace
 */
function pace(response, { event: sample, everyMs, times }) {
  let sent = 0
  let last = 0
  let due = performance.now()
  let timer = setTimeout(step, 0)
  response.once('close', () => clearTimeout(timer))

  function step() {
    sent += 1
    if (sent > times) return void response.end(`${event({}, '"stop"')}data: [DONE]\n\n`)
    response.write(sample)
    const now = performance.now()
    if (last > 0) gaps.push(now - last)
    last = now
    due += everyMs
    timer = setTimeout(step, due - performance.now())
  }
}

/**
 * @param {ServerResponse} response
 * @param {string} events
 */
function pour(response, events) {
  while (!response.destroyed && response.write(events));
  if (!response.destroyed) response.once('drain', () => pour(response, events))
}

process.once('SIGTERM', () => process.exit(0))
server.listen(Number(process.argv[2]), '127.0.0.1')
