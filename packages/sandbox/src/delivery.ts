/** Writes prepared packets to a client at a pace, stops when the client leaves, and breaks off where it is told to. */

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Breakage } from './models/scenario.ts'

/** Time for bytes to leave before a reset, which would throw away what still waits. */
const lingerMs = 25

/** An answer with status 200, ready to be sent. */
export interface Delivery {
  contentType: string
  packets: readonly Buffer[]
  /** Pause before each packet in milliseconds. */
  intervalMs: number
  breakage: Breakage | undefined
}

/** Sends the answer, unless the client leaves first; calls `onBreak` before it resets the connection itself. */
export async function deliver(
  response: ServerResponse,
  delivery: Delivery,
  onBreak: () => void,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    await send(response, delivery, { signal: gone.signal, onBreak })
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

interface Sending {
  signal: AbortSignal
  onBreak: () => void
}

async function send(response: ServerResponse, delivery: Delivery, sending: Sending): Promise<void> {
  const { breakage, packets } = delivery
  if (breakage?.at === 'before-headers') return breakOff(response, breakage, sending)
  response.writeHead(200, { 'content-type': delivery.contentType, 'cache-control': 'no-cache' })
  response.flushHeaders()
  if (breakage?.at === 'after-headers') return breakOff(response, breakage, sending)
  const end = breakage === undefined ? packets.length : Math.ceil(packets.length / 2)
  for (const packet of packets.slice(0, end)) {
    await pause(delivery.intervalMs, sending.signal)
    if (!response.write(packet)) await once(response, 'drain', { signal: sending.signal })
  }
  if (breakage !== undefined) return breakOff(response, breakage, sending)
  response.end()
}

/** Even without a pause every packet gets its own turn, so that it leaves by itself. */
function pause(intervalMs: number, signal: AbortSignal): Promise<unknown> {
  return intervalMs === 0
    ? setImmediate(undefined, { signal })
    : setTimeout(intervalMs, undefined, { signal })
}

async function breakOff(
  response: ServerResponse,
  { how }: Breakage,
  { signal, onBreak }: Sending,
): Promise<void> {
  if (how === 'stall') return
  await setTimeout(lingerMs, undefined, { signal })
  onBreak()
  response.socket?.resetAndDestroy()
}
