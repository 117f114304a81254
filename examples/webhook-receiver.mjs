// Receives the gateway's dashboard events: checks signature and age, takes each delivery once, and prints what came.
// Run:   SLUICE_WEBHOOK_SECRET=... PORT=8787 node examples/webhook-receiver.mjs
// and set the same secret and the URL http://127.0.0.1:8787/ in the gateway. It needs nothing but Node.js, so that it can
// be read as a description of what a receiver in any language has to do.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = process.env.SLUICE_WEBHOOK_SECRET ?? ''
const port = Number(process.env.PORT ?? 8787)
const toleranceSeconds = 300
const maxBodyBytes = 1024 * 1024
const rememberedDeliveries = 1000

if (secret === '') {
  console.error('SLUICE_WEBHOOK_SECRET is not set')
  process.exit(1)
}

/** Ids of the newest deliveries: one whose answer got lost comes again. */
const seen = new Set()

/** HMAC-SHA256 over timestamp, full stop and the body as it came, compared in constant time. */
function isGenuine({ timestamp, signature, body }) {
  if (!/^\d+$/.test(timestamp)) return false
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
  const expected = Buffer.from(`v1=${digest}`)
  const actual = Buffer.from(signature)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

/** The whole body, or undefined when it is too long. */
async function read(request) {
  const parts = []
  let length = 0
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length
    if (length > maxBodyBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** True the first time an id is given. */
function isNew(delivery) {
  if (seen.has(delivery)) return false
  seen.add(delivery)
  const [oldest] = seen
  if (seen.size > rememberedDeliveries) seen.delete(oldest)
  return true
}

function show({ events, dropped }) {
  if (dropped > 0) console.log(`${dropped} earlier events are missing`)
  for (const { type, timestamp, data } of events) {
    console.log(timestamp, type, data === undefined ? '' : JSON.stringify(data))
  }
}

async function receive(request) {
  const body = await read(request)
  if (body === undefined) return 413
  const timestamp = String(request.headers['sluice-timestamp'] ?? '')
  const signature = String(request.headers['sluice-signature'] ?? '')
  if (!isGenuine({ timestamp, signature, body })) return 401
  if (isNew(request.headers['sluice-delivery'])) show(JSON.parse(body.toString()))
  return 204
}

const server = createServer(async (request, response) => {
  const status = await receive(request).catch(() => 400)
  response.writeHead(status, { connection: status === 413 ? 'close' : 'keep-alive' }).end()
})
server.listen(port, '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}/`)
})
