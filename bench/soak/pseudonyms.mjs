// Laws 2 and 3 over a data set of annotated texts, through a real gateway: what is found in any text of a conversation must be
// nowhere in what the upstream receives, and what comes back must be what was said.
//   node bench/soak/pseudonyms.mjs --data FILE [--model FOLDER] [--from 0] [--texts 1500]       exits with 1 if anything is wrong
// FILE is in the format of presidio-research. Without --model a detector in this process knows the annotations of the texts
// as they stand, and nothing of what quotes them; with it the model's own findings count, not the annotations.
import { createServer } from 'node:http'
import { createDetectors, createDispatcher, createGateway, gatewayConfig } from '@sluice/gateway'
import { compilePolicy, Pseudonyms } from '@sluice/guard'
import { startSandbox } from '@sluice/sandbox'
import { readDataSet } from '../detectors/rates.mjs'
import { conversationOf } from './pseudonyms/conversation.mjs'
import { isIn, saidIn } from './pseudonyms/said.mjs'
import { optionsOf } from './runs.mjs'

/** @typedef {import('../detectors/rates.mjs').Annotated} Annotated */

const options = optionsOf('pseudonyms', {
  data: { takes: 'FILE', means: 'annotated texts in the format of presidio-research; needed' },
  model: { takes: 'FOLDER', means: 'its findings count, instead of the annotations' },
  from: { default: 0, means: 'texts to leave out' },
  texts: { default: 1_500, means: 'texts' },
})
if (options.data === undefined) {
  console.error('Which texts? Give --data FILE, in the format of presidio-research')
  process.exit(1)
}

/** What detectors find, by what annotations call it. */
const ENTITIES = {
  PERSON: 'PERSON',
  STREET_ADDRESS: 'LOCATION',
  GPE: 'LOCATION',
  ZIP_CODE: 'LOCATION',
  ORGANIZATION: 'ORGANIZATION',
}
const texts = readDataSet(options.data).slice(options.from, options.from + options.texts)
/** @type {Map<string, import('@sluice/guard').Span[]>} */
const annotations = new Map(
  texts.map(({ text, spans }) => [
    text,
    spans.flatMap(({ entity: name, ...span }) => {
      const entity = ENTITIES[/** @type {keyof typeof ENTITIES} */ (name)]
      return entity === undefined ? [] : [{ ...span, entity, score: 1 }]
    }),
  ]),
)

const knower = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  response.end(JSON.stringify({ spans: annotations.get(JSON.parse(body).text) ?? [] }))
})
await new Promise((resolve) => knower.listen(0, '127.0.0.1', () => resolve(undefined)))
const { port } = /** @type {import('node:net').AddressInfo} */ (knower.address())

const limits = { timeoutMs: 60_000, concurrency: 4, queue: 10_000, cache: 0, language: undefined }
const entities =
  options.model === undefined ? ['PERSON', 'LOCATION', 'ORGANIZATION'] : ['PERSON', 'LOCATION']
/** @type {Parameters<typeof createDetectors>[0]} */
const detectors = {
  finder:
    options.model === undefined
      ? {
          ...{ kind: 'http', url: `http://127.0.0.1:${port}`, headers: {}, apiKey: undefined },
          ...{ entities, ...limits },
        }
      : { kind: 'model', folder: options.model, workers: 1, threshold: 0.5, entities, ...limits },
}
/** @type {import('@sluice/guard').PolicyDefinition} */
const definition = {
  extends: 'private',
  detectors: ['finder'],
  rules: entities.map((entity) => ({ entity, action: { kind: 'pseudonymize' } })),
  pseudonyms: { restoreTools: ['crm_lookup'] },
}
const table = createDetectors(detectors, createDispatcher(gatewayConfig({}).settings))
const policy = compilePolicy({ name: 'own', ...definition }, { detectors: table })
const { signal } = new AbortController()

/**
 * What is found in a text: what must not leave, and the text as it may come back.
 * @param {string} text
 */
async function foundIn(text) {
  const spans =
    options.model === undefined
      ? (annotations.get(text) ?? [])
      : ((await table.finder?.detect(text, { signal })) ?? [])
  const pseudonyms = new Pseudonyms({ key: new Uint8Array(32), scope: '' })
  const { findings } = policy.scan(text, { direction: 'input', pseudonyms, spans })
  const all = [...spans, ...findings.filter(({ action }) => action !== 'observe')]
  return {
    originals: [...new Set(all.map(({ start, end }) => text.slice(start, end)))],
    redacted: findings.filter(({ action }) => action === 'redact'),
  }
}

/**
 * @param {string} text
 * @param {readonly { start: number, end: number, entity: string }[]} redacted
 */
function withLabels(text, redacted) {
  let shown = ''
  let from = 0
  for (const { start, end, entity } of redacted) {
    shown += `${text.slice(from, start)}[${entity}]`
    from = end
  }
  return shown + text.slice(from)
}

const sandbox = await startSandbox({ deltaIntervalMs: 0 })
const gateway = await createGateway({
  ...{ port: 0, adminPort: 'off', audit: 'off', logLevel: 'silent', profile: 'openai' },
  ...{ llmBaseUrl: `${sandbox.url}/v1`, detectors, policy: 'own', policies: { own: definition } },
})
const counts = {
  requests: 0,
  originals: 0,
  looked: 0,
  left: 0,
  exact: 0,
  otherSpelling: 0,
  inLink: 0,
  wrong: 0,
}

/** @param {object[]} messages */
async function ask(messages) {
  const body = JSON.stringify({ model: 'sandbox-echo', messages, stream: true })
  const headers = { 'content-type': 'application/json' }
  const url = `http://127.0.0.1:${gateway.port}/v1/chat/completions`
  const reply = await fetch(url, { method: 'POST', headers, body })
  const events = (await reply.text()).split('\n\n').filter((event) => event.startsWith('data: {'))
  counts.requests += 1
  return events
    .flatMap((event) => JSON.parse(event.slice(6)).choices)
    .map(({ delta }) => delta?.content ?? '')
    .join('')
}

/**
 * @param {string} text that was said last
 * @param {string} back what came of it
 * @param {string} expected
 */
function compare(text, back, expected) {
  if (back === expected) counts.exact += 1
  else if (/[A-Z]_(?=[A-Z]*\d)[\dA-Z]{4}/.test(back) && /\w\.\w/.test(text)) counts.inLink += 1
  else if (bare(back) === bare(expected)) counts.otherSpelling += 1
  else {
    counts.wrong += 1
    console.log('not what was said:', JSON.stringify(expected), 'but', JSON.stringify(back))
  }
}

/** @param {string} text */
const bare = (text) =>
  text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

try {
  for (let at = 0; at < texts.length; at += 3) {
    const group = texts.slice(at, at + 3).map(({ text }) => text)
    const found = await Promise.all(group.map(foundIn))
    let answers = /** @type {string[]} */ ([])
    for (let turn = 0; turn < group.length; turn += 1) {
      sandbox.reset()
      const back = await ask(conversationOf(group.slice(0, turn + 1), answers))
      answers = [...answers, back]
      const said = saidIn(
        sandbox.requests().findLast(({ path }) => path.endsWith('/chat/completions'))?.body,
      )
      const originals = found.slice(0, turn + 1).flatMap((one) => one.originals)
      for (const original of originals) {
        counts.looked += 1
        if (!isIn(original, said)) continue
        counts.left += 1
        console.log('left:', JSON.stringify(original))
      }
      const text = group[turn] ?? ''
      compare(text, back, withLabels(text, found[turn]?.redacted ?? []))
    }
    counts.originals += found.reduce((sum, { originals }) => sum + originals.length, 0)
  }
  console.table({
    texts: texts.length,
    conversations: Math.ceil(texts.length / 3),
    requests: counts.requests,
    'values found': counts.originals,
    'looked for in what the upstream received': counts.looked,
    'found there': counts.left,
    'came back exactly': counts.exact,
    'in the spelling that came first': counts.otherSpelling,
    'with a stand-in left in a link': counts.inLink,
    'not as they were said': counts.wrong,
  })
  if (counts.left + counts.wrong > 0) process.exitCode = 1
} finally {
  await gateway.stop()
  await sandbox.close()
  await Promise.all(Object.values(table).map((detector) => detector.close()))
  knower.close()
  knower.closeAllConnections()
}
