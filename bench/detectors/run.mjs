// `npm run bench:names -- --data <file> [--model <folder>] [--presidio <url>]`: how many names and places the model finds, how
// often it is wrong, and what it costs; beside Presidio where one runs. The data set is that of presidio-research; texts of
// templates with an even number were for tuning, the rates are those of the others.
import { existsSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { createDetectors, createDispatcher, gatewayConfig } from '@sluice/gateway'
import { commandLine } from '../command-line.mjs'
import { filledTemplates, missedConversations, ratesOf, readDataSet } from './rates.mjs'

const cached = fileURLToPath(new URL('../../node_modules/.cache/ner/rampart', import.meta.url))
const options = commandLine({
  usage: 'npm run bench:names --',
  about: 'How many names and places the model finds, how often it is wrong, and what it costs.',
  options: {
    data: { takes: 'FILE', means: 'annotated texts in the format of presidio-research, too' },
    model: { default: cached, takes: 'FOLDER', means: 'the model' },
    presidio: { takes: 'URL', means: 'an analyzer beside it; default PRESIDIO_URL' },
  },
})
const presidioUrl = options.presidio ?? process.env.PRESIDIO_URL
if (!existsSync(options.model)) {
  console.error(`There is no model in ${options.model}: npm run fetch:ner, or give --model`)
  process.exit(1)
}

const entities = ['PERSON', 'LOCATION']
const limits = { timeoutMs: 60_000, concurrency: 4, queue: 10_000, cache: 0, language: undefined }
const detectors = createDetectors(
  {
    model: {
      kind: 'model',
      folder: options.model,
      workers: 1,
      threshold: 0.5,
      entities,
      ...limits,
    },
    presidio: {
      ...{ kind: 'presidio', url: presidioUrl ?? 'http://127.0.0.1:5002', entities },
      ...{ headers: {}, apiKey: undefined, ...limits },
    },
  },
  createDispatcher(gatewayConfig({}).settings),
)
const { signal } = new AbortController()
const templates = JSON.parse(readFileSync(new URL('templates.json', import.meta.url), 'utf8'))

/** @type {[string, import('./rates.mjs').Annotated[]][]} */
const sets = Object.entries(templates).map(([language, said]) => [language, filledTemplates(said)])
if (options.data !== undefined) {
  const texts = readDataSet(options.data)
  sets.unshift(['data set, held back', texts.filter(({ template }) => template % 2 === 1)])
  sets.unshift(['data set, for tuning', texts.filter(({ template }) => template % 2 === 0)])
}

const names = presidioUrl === undefined ? ['model'] : ['model', 'presidio']
await cost()
for (const name of names) {
  for (const [set, texts] of sets) {
    const detect = async (/** @type {string} */ text) =>
      (await detectors[name]?.detect(text, { signal })) ?? []
    for (const [entity, counts] of Object.entries(await ratesOf(texts, detect))) {
      const { spans, covered, touched, clean, alarms } = counts
      const missed = `covered ${covered} of ${spans}, touched ${touched}`
      console.log(
        `${name}, ${set}, ${entity}: ${missed}; alarms in ${alarms} of ${clean} texts without`,
      )
    }
    const { conversations, missed } = await missedConversations(texts, detect)
    console.log(`${name}, ${set}: a name missed in ${missed} of ${conversations} conversations`)
  }
}
await Promise.all(Object.values(detectors).map((detector) => detector.close()))

/** Load time, memory, CPU of a prompt of 4,000 characters, and what the event loop feels of it. */
async function cost() {
  const { model } = detectors
  const sentence = 'Harriet Blackwood of 12 Baker Street asked us to move the meeting to Monday. '
  const prompt = sentence.repeat(60).slice(0, 4_000)
  const memory = process.memoryUsage().rss
  const began = performance.now()
  await model?.detect('warm', { signal })
  console.log(`model loaded and first text: ${Math.round(performance.now() - began)} ms`)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const cpus = []
  delay.enable()
  for (let i = 0; i < 10; i += 1) {
    const before = process.cpuUsage()
    await model?.detect(prompt, { signal })
    const { user, system } = process.cpuUsage(before)
    cpus.push((user + system) / 1_000)
  }
  delay.disable()
  cpus.sort((a, b) => a - b)
  console.log(
    `a prompt of ${prompt.length} characters: ${Math.round(cpus[5] ?? 0)} ms of CPU (median of 10)`,
  )
  console.log(
    `event loop delay meanwhile: p50 ${ms(delay.percentile(50))}, p99 ${ms(delay.percentile(99))}`,
  )
  console.log(`memory: ${Math.round((process.memoryUsage().rss - memory) / 1e6)} MB more`)
}

/** @param {number} nanoseconds */
function ms(nanoseconds) {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`
}
