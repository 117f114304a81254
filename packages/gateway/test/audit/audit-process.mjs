// A process that writes an audit until it is killed, and says on standard output what it has done: `begun ID` once begin
// has resolved, `kept ID` once its end record is in the file, by the writer's own count. Arguments: path, instance.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { runnerImport } from 'vite'

const [path, instance] = process.argv.slice(2)
const source = fileURLToPath(new URL('../../src/audit/audit-writer.ts', import.meta.url))
const { module } = await runnerImport(source, { configFile: false, logLevel: 'silent' })
const writer = await module.AuditWriter.open({
  path,
  instance,
  logger: pino({ level: 'silent' }),
  now: Date.now,
})

/** Rows that the writer was given; it writes them in this order. */
let rows = 0
/** Completions that have ended, and which row says so. */
const ended = []

async function complete(requestId) {
  const begin = {
    requestId,
    client: 'key-1',
    model: 'model-a',
    upstream: 'genesys',
    policy: 'default',
    policyHash: 'cafe',
    beganAt: Date.now(),
  }
  rows += 1
  await writer.begin(begin)
  process.stdout.write(`begun ${requestId}\n`)
  await sleep(Math.random() * 20)
  rows += 1
  ended.push({ requestId, row: rows })
  writer.end({ ...begin, endedAt: Date.now(), status: 'success' })
}

for (let n = 0; ; n += 1) {
  complete(`${instance}-${process.pid}-${n}`)
  await sleep(1)
  while (ended.length > 0 && ended[0].row <= writer.stats().written) {
    process.stdout.write(`kept ${ended.shift().requestId}\n`)
  }
}
