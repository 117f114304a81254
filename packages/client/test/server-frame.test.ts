// What a server sends is never trusted: any JSON is read without a throw, and what is read is within bounds.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readServerFrame } from '../src/server-frame.ts'

const TYPES = [
  'welcome',
  'handshake_ack',
  'resumed',
  'chunk',
  'complete',
  'blocked',
  'cancelled',
  'error',
  'goaway',
  'pong',
]
const FIELDS = [
  'id',
  'requestId',
  'seq',
  'from',
  'epoch',
  'text',
  'choice',
  'channel',
  'toolCall',
  'extra',
  'usage',
  'audit',
  'limits',
  'heartbeat',
  'finishReasons',
  'code',
  'message',
  'retryAfterMs',
  'reconnectAfterMs',
  'by',
  'reason',
  'retracted',
]

const value = fc.oneof(
  fc.jsonValue(),
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom('x', '', 'reasoning'),
)
const frame = fc
  .tuple(fc.constantFrom(...TYPES), fc.dictionary(fc.constantFrom(...FIELDS), value))
  .map(([type, fields]) => ({ ...fields, type }))

describe('reading a server frame', () => {
  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (data) => {
        readServerFrame(data)
      }),
    )
  })

  it('gives positions and waits within bounds, whatever the fields are', () => {
    fc.assert(
      fc.property(frame, (fields) => {
        const read = readServerFrame(JSON.stringify(fields))
        if (read === undefined) return
        if ('seq' in read) {
          expect(Number.isSafeInteger(read.seq) && read.from >= 1 && read.from <= read.seq).toBe(
            true,
          )
          expect(typeof read.id).toBe('string')
        }
        if (read.type === 'welcome') {
          expect(read.heartbeat.intervalMs).toBeGreaterThanOrEqual(1_000)
          expect(read.heartbeat.timeoutMs).toBeLessThanOrEqual(600_000)
        }
        if (read.type === 'goaway') expect(read.reconnectAfterMs).toBeLessThanOrEqual(600_000)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    [
      'no text of a channel that it does not know',
      { type: 'chunk', id: '1', seq: 1, text: 'x', channel: 'secret' },
      { piece: { text: undefined } },
    ],
    [
      'no range that runs backwards',
      { type: 'chunk', id: '1', seq: 1, from: 2, text: 'x' },
      undefined,
    ],
    [
      'no position beyond what a number holds',
      { type: 'chunk', id: '1', seq: 2 ** 53, text: 'x' },
      undefined,
    ],
    [
      'a block in doubt as retracted',
      { type: 'blocked', id: '1', seq: 1, retracted: 'yes' },
      { ending: { retracted: true } },
    ],
    [
      'an ack without a request id as none',
      { type: 'handshake_ack', id: '1', epoch: 1 },
      undefined,
    ],
    [
      'an error without a code as internal',
      { type: 'error', id: '1', seq: 1 },
      { type: 'failed', refusal: { code: 'internal' } },
    ],
    [
      'reasons that are no texts as empty',
      { type: 'complete', id: '1', seq: 1, finishReasons: [1, 'stop'] },
      { ending: { finishReasons: ['', 'stop'] } },
    ],
  ])('takes %s', (_what, sent, expected) => {
    const read = readServerFrame(JSON.stringify(sent))
    if (expected === undefined) expect(read).toBeUndefined()
    else expect(read).toMatchObject(expected)
  })
})
