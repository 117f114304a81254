// A process that writes an audit until it is killed, and says on standard output what it has done: `begun ID` once begin
// has resolved, `ended ID TIME` when an end record was handed over. Arguments: path, instance.
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
  await writer.begin(begin)
  process.stdout.write(`begun ${requestId}\n`)
  await sleep(Math.random() * 20)
  const endedAt = Date.now()
  writer.end({ ...begin, endedAt, status: 'success' })
  process.stdout.write(`ended ${requestId} ${endedAt}\n`)
}

for (let n = 0; ; n += 1) {
  complete(`${instance}-${process.pid}-${n}`)
  await sleep(1)
}
