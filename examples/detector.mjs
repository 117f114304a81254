// A detector of one's own for `kind: http`: finds the names of a list, and judges the text as a whole.
// Run:   PORT=8790 node examples/detector.mjs
// and name it in sluice.yaml (docs/detectors.md). It needs nothing but Node.js; a real one asks a model where this one
// looks into a list. The contract is packages/gateway/detector.schema.json. Offsets count UTF-16 units, as JavaScript does;
// a server in Python answers with `offsets: 'code_points'`.
import { createServer } from 'node:http'

const port = Number(process.env.PORT ?? 8790)
const token = process.env.DETECTOR_TOKEN
const maxBodyBytes = 1024 * 1024

const NAMES = /\b(?:Ada Lovelace|Alan Turing|Grace Hopper)\b/g
const INSULT = /\b(?:blockhead|nitwit)\b/i

/** What is found in a text, of the entities that are asked for. */
function detect({ text, entities }) {
  const spans = [...text.matchAll(NAMES)].map(({ index, 0: name }) => ({
    entity: 'PERSON',
    start: index,
    end: index + name.length,
    score: 0.95,
  }))
  const moderation = INSULT.test(text) ? [{ category: 'INSULT', score: 0.9 }] : []
  return {
    spans: spans.filter(({ entity }) => entities.includes(entity)),
    moderation: moderation.filter(({ category }) => entities.includes(category)),
  }
}

async function bodyOf(request) {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function requestOf(body) {
  try {
    const { text, entities } = JSON.parse(body ?? '')
    return typeof text === 'string' && Array.isArray(entities) ? { text, entities } : undefined
  } catch {
    return undefined
  }
}

const server = createServer(async (request, response) => {
  const isKnown = token === undefined || request.headers.authorization === `Bearer ${token}`
  const asked = requestOf(await bodyOf(request))
  const status = isKnown ? (asked === undefined ? 400 : 200) : 401
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(status === 200 ? detect(asked) : {}))
})

server.listen(port, '127.0.0.1', () => {
  console.log(`detector on http://127.0.0.1:${server.address().port}/`)
})
