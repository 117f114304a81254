// Completions on one socket: however much one has to say, another waits for no more than two of its flushes.
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Feed } from '../../src/completion/feed.ts'
import { EntryKind, tagOf } from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import type { Subscriber } from '../../src/completion/subscription.ts'
import { dialect2 } from '../../src/dialects/dialect-2/dialect-2.ts'
import { FrameReader } from '../../src/dialects/dialect-2/frame-reader.ts'
import { parseMessage } from '../../src/dialects/message.ts'
import type { SessionContext } from '../../src/dialects/session.ts'
import { acceptedSocket } from '../harness/accepted-socket.ts'
import { Dialect2Client, ended } from '../harness/dialect-2-client.ts'
import { gatewayForTest } from '../harness/gateway-on-sandbox.ts'
import {
  chunkEvent,
  FINISH_EVENTS,
  scriptedUpstream,
  USAGE_EVENT,
} from '../harness/scripted-upstream.ts'
import { until } from '../harness/until.ts'

/** What a watcher writes in its turn: `TURN_BYTES`, and the frame that goes over them. */
const FLUSH_BYTES = 2 * 16_384 + 200
const TEXT = tagOf({ kind: EntryKind.text, channel: 0, choice: 0 })
const PIECE = 'x'.repeat(3_000)

const budget = new MemoryBudget(1e9)
const client = { principal: { kind: 'key', id: 'a' }, address: '127.0.0.1' } as const
const limits = {
  maxJsonDepth: 32,
  maxJsonValues: 200_000,
  maxMessages: 512,
  maxContentCharacters: 4_096,
}
const settings = {
  malformedPerMinute: 20,
  bufferedBytes: 65_536,
  connectionCompletions: 64,
  maxMessageBytes: 4_194_304,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
  graceMs: 60_000,
  retentionMs: 60_000,
}

interface Frame {
  id: string
  text: string
  bytes: number
  /** Bytes of the stream before it. */
  offset: number
}

/** A session on a real socket, its completions written by the test; and what its peer got, frame by frame. */
async function sessionOf(ids: readonly string[]) {
  const { socket, peer, connection } = await acceptedSocket()
  const frames: Frame[] = []
  let offset = connection.bytesWritten
  peer.on('message', (data: Buffer) => {
    const { id, text = '' } = JSON.parse(String(data))
    const bytes = data.length + (data.length < 126 ? 2 : 4)
    frames.push({ id, text, bytes, offset })
    offset += bytes
  })
  const feeds = new Map(ids.map((id) => [id, feedOf(id)]))
  const follow = async ({ requestId }: { requestId: string }, subscriber: Subscriber) =>
    (feeds.get(requestId) as Feed).subscribe(subscriber)
  const context: Partial<SessionContext> = {
    socket,
    client,
    completions: { attach: follow } as unknown as SessionContext['completions'],
    live: {
      current: { frames: new FrameReader(limits), settings } as SessionContext['live']['current'],
    },
  }
  const session = dialect2.createSession(context as SessionContext)
  socket.listen({
    onMessage: (data) => session.onMessage(() => parseMessage(data, limits)),
    onDrain: () => session.onDrain(),
    onClose: () => session.onClose(),
  })
  for (const id of ids) peer.send(JSON.stringify({ type: 'resume', id, requestId: id, after: 0 }))
  await until('all are followed', () => [...feeds.values()].every((feed) => feed.isFollowed))
  return { feeds, frames, connection }
}

function feedOf(requestId: string): Feed {
  const times = { createdAt: Date.now(), retentionMs: 60_000 }
  const kept = { keepsWhole: false, echo: undefined, idempotency: undefined }
  const header = { requestId, owner: 'a', ...times, ...kept }
  return new Feed(header, { budget, ringBytes: 1e9, onEnded: () => {}, onLeft: () => {} })
}

function say(feed: Feed | undefined, texts: readonly string[]): void {
  for (const text of texts) feed?.log.appendText(TEXT, text)
  feed?.publish()
}

describe('a word of a completion', () => {
  it('waits for two flushes of each other one at most, for any floods beside it', async () => {
    const names = ['a', 'b', 'c', 'word']
    const { feeds, frames, connection } = await sessionOf(names)
    onTestFinished(() => {
      for (const feed of feeds.values()) feed.dispose()
    })
    let words = 0
    const law = async (floods: readonly { who: number; pieces: number }[]): Promise<void> => {
      // All in one turn, as one read of each upstream's connection may bring it.
      for (const { who, pieces } of floods)
        say(feeds.get(names[who] ?? ''), Array(pieces).fill(PIECE))
      words += 1
      const saidAt = connection.bytesWritten
      say(feeds.get('word'), [`word ${words}`])
      const find = () => frames.find(({ text }) => text === `word ${words}`)
      await until('the word has come', () => find() !== undefined)
      const { offset = 0 } = find() ?? {}
      const between = frames.filter((one) => one.offset >= saidAt && one.offset < offset)
      for (const name of names.slice(0, 3)) {
        const own = between.filter(({ id }) => id === name)
        const bytes = own.reduce((sum, one) => sum + one.bytes, 0)
        expect(bytes, `written for ${name} before the word`).toBeLessThanOrEqual(2 * FLUSH_BYTES)
      }
    }
    const flood = fc.record({ who: fc.nat(2), pieces: fc.integer({ min: 1, max: 150 }) })
    await fc.assert(fc.asyncProperty(fc.array(flood, { maxLength: 6 }), law), { numRuns: 60 })
  })

  it('comes while another completion of its socket floods without end', async () => {
    let isHeard = false
    let requests = 0
    const upstream = await scriptedUpstream(function* () {
      requests += 1
      yield USAGE_EVENT
      if (requests > 1) yield chunkEvent('word')
      else while (!isHeard) yield chunkEvent(PIECE)
      yield FINISH_EVENTS
    })
    const room = { maxAnswerCharacters: 67_108_864, policy: 'off' }
    const { url } = await gatewayForTest({ llmBaseUrl: upstream.url, ...room })
    const flooded = await Dialect2Client.connect(url)
    const flood = flooded.init('m')
    await until('it floods', () => flood.chunks > 20)
    // If it were starved, nothing would ever end here.
    const word = flooded.init('m')
    expect([await ended(word), word.text]).toEqual([['complete'], 'word'])
    await flooded.settled()
    isHeard = true
    expect(await ended(flood)).toEqual(['complete'])
    expect(flooded.faults).toEqual([])
  })
})
