// The upstream of `attack.mjs`, a process of its own. It reads no more of a request than the model's name, since prompts
// are megabytes: `paced` sends a delta each 20 ms, `silent` never answers, `pouring` writes as fast as it is read.
//   attack-upstream.mjs PORT
import { createServer } from 'node:http'

/** @typedef {import('node:http').ServerResponse} ServerResponse */

const PACE_MS = 20
/** How long one paced answer is. */
const PACED_DELTAS = 400
const POURED = event({ content: 'word '.repeat(800) }).repeat(16)
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
  if (start.includes('"paced"')) pace(response)
  else pour(response)
}

/** @param {ServerResponse} response */
function pace(response) {
  let sent = 0
  let last = 0
  let due = performance.now()
  let timer = setTimeout(step, 0)
  response.once('close', () => clearTimeout(timer))

  function step() {
    sent += 1
    if (sent > PACED_DELTAS) return void response.end(`${event({}, '"stop"')}data: [DONE]\n\n`)
    response.write(event({ content: ' word' }))
    const now = performance.now()
    if (last > 0) gaps.push(now - last)
    last = now
    due += PACE_MS
    timer = setTimeout(step, due - performance.now())
  }
}

/** @param {ServerResponse} response */
function pour(response) {
  while (!response.destroyed && response.write(POURED));
  if (!response.destroyed) response.once('drain', () => pour(response))
}

process.once('SIGTERM', () => process.exit(0))
server.listen(Number(process.argv[2]), '127.0.0.1')
