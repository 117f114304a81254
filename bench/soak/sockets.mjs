// What an idle socket costs: opens many of dialect 2, says hello, and compares the gateway's memory.
//   node bench/soak/sockets.mjs [--sockets 10000]                        exits with 1 if one costs more than 12 KB
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { GatewayProcess } from './gateway-process.mjs'
import { optionsOf } from './runs.mjs'

const AT_ONCE = 100
const SETTLE_MS = 3_000
const MAX_BYTES = 12_000

const options = optionsOf('sockets', { sockets: { default: 10_000, means: 'sockets' } })
const total = options.sockets
const gateway = await GatewayProcess.start('http://127.0.0.1:1', { SLUICE_AUDIT: 'off' })
/** @type {WebSocket[]} */
const sockets = []

/** @param {number} count */
async function open(count) {
  for (let made = 0; made < count; made += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - made) }, async () => {
      const socket = new WebSocket(gateway.url, ['sluice.v2'], { perMessageDeflate: false })
      await once(socket, 'open')
      socket.send('{"type":"hello"}')
      await once(socket, 'message')
      sockets.push(socket)
    })
    await Promise.all(group)
  }
}

try {
  // What the first sockets of a process cost is not theirs.
  await open(AT_ONCE)
  await delay(SETTLE_MS)
  const before = gateway.residentBytes
  await open(total)
  await delay(SETTLE_MS)
  const bytes = Math.round((gateway.residentBytes - before) / total)
  console.table({ sockets: total, 'bytes a socket': bytes })
  if (bytes > MAX_BYTES) process.exitCode = 1
} finally {
  for (const socket of sockets) socket.terminate()
  await gateway.end('SIGKILL')
}
