// The heartbeat and idle times of sockets, on a clock that stands still: what happens at which moment, and what does not.
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type MonitoredSession,
  type MonitoredSocket,
  SocketMonitor,
} from '../../src/server/socket-monitor.ts'
import { fakeClock } from '../harness/clock.ts'

const TIMES = {
  pingIntervalMs: 1_000,
  pongTimeoutMs: 400,
  idleSocketMs: 10_000,
  stallTimeoutMs: 3_000,
}

/** A socket whose peer answers pings or not, and all that was done to it. */
class Peer implements MonitoredSocket {
  isOpen = true
  bufferedBytes = 0
  sentBytes = 0
  lastSeen = performance.now()
  readonly done: string[] = []
  readonly #answers: boolean

  constructor(answers: boolean) {
    this.#answers = answers
  }

  ping(): void {
    this.done.push('ping')
    // The pong comes after the look that asked for it.
    if (this.#answers) setTimeout(() => this.#pong(), 1)
  }

  #pong(): void {
    this.lastSeen = performance.now()
  }

  close(code: number, reason: string): void {
    this.done.push(`${code} ${reason}`)
    this.isOpen = false
  }

  terminate(): void {
    this.done.push('cut')
    this.isOpen = false
  }
}

function watched({ answers = true, ...state }: { answers?: boolean } & Partial<MonitoredSession>) {
  const { advance } = fakeClock()
  const monitor = new SocketMonitor(TIMES)
  onTestFinished(() => monitor.stop())
  const peer = new Peer(answers)
  const session = {
    isBusy: false,
    isBehind: false,
    abandon: () => void peer.done.push('abandon'),
    ...state,
  }
  monitor.add(peer, session)
  return { advance, peer, session }
}

describe('a silent socket', () => {
  it('is pinged each time it has been silent for the interval, and stays while it answers', async () => {
    const { advance, peer } = watched({})
    await advance(900)
    expect(peer.done).toEqual([])
    await advance(8_600)
    expect(new Set(peer.done)).toEqual(new Set(['ping']))
    expect(peer.done.length).toBeGreaterThanOrEqual(7)
  })

  it('is cut when it does not answer in time, and not sooner', async () => {
    const { advance, peer } = watched({ answers: false })
    await advance(1_300)
    expect(peer.done).toEqual(['ping'])
    await advance(300)
    expect(peer.done).toEqual(['ping', 'cut'])
  })

  it('is closed with 1001 when nothing was asked on it for long, though it answers', async () => {
    const { advance, peer } = watched({})
    await advance(9_900)
    expect(peer.isOpen).toBe(true)
    await advance(300)
    expect(peer.done.at(-1)).toBe('1001 idle for 10000 ms')
  })

  it('is not idle while a completion runs, and has the whole time again when that has ended', async () => {
    const { advance, peer, session } = watched({ isBusy: true })
    await advance(60_000)
    session.isBusy = false
    await advance(9_000)
    expect(peer.isOpen).toBe(true)
    await advance(2_000)
    expect(peer.done.at(-1)).toBe('1001 idle for 10000 ms')
  })
})

describe('a socket that is behind', () => {
  const BEHIND = { isBusy: true, isBehind: true }

  it('is abandoned and closed with 1013 when nothing leaves it for the stall time', async () => {
    const { advance, peer } = watched(BEHIND)
    await advance(2_900)
    expect(peer.isOpen).toBe(true)
    await advance(200)
    expect(peer.done.slice(-2)).toEqual([
      'abandon',
      '1013 slow consumer: nothing was read for 3000 ms',
    ])
  })

  it('stays as long as something leaves it, however slowly', async () => {
    const { advance, peer } = watched(BEHIND)
    for (let i = 0; i < 20; i += 1) {
      await advance(2_500)
      peer.sentBytes += 1
    }
    expect(peer.isOpen).toBe(true)
  })

  it('is not cut for a pong that waits behind what it has not read', async () => {
    const { advance, peer } = watched({ ...BEHIND, answers: false })
    for (let i = 0; i < 10; i += 1) {
      await advance(1_000)
      peer.sentBytes += 1
    }
    expect(peer.done).not.toContain('cut')
  })
})
