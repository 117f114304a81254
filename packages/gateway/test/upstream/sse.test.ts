// The decoder against the WHATWG standard's rules, its law (any split, same events), its limit and its deviations.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAiFormat } from '../../src/upstream/formats/openai/openai-format.ts'
import { SseDecoder } from '../../src/upstream/sse.ts'

type Event = [data: string, event: string]

interface Decoded {
  events: Event[]
  failure: string | undefined
}

/** What a decoder gives for pieces, up to its first failure. */
function decode(
  pieces: readonly Buffer[],
  { end = true, maxEventBytes = 1_000_000 } = {},
): Decoded {
  const events: Event[] = []
  const decoder = new SseDecoder({
    maxEventBytes,
    onEvent: (data, event) => events.push([data, event]),
    isComplete: openAiFormat.isComplete,
  })
  try {
    for (const piece of pieces) decoder.feed(piece)
    if (end) decoder.end()
  } catch (error) {
    return { events, failure: (error as { code: string }).code }
  }
  return { events, failure: undefined }
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length))
}

const m = (...data: string[]): Event[] => data.map((text) => [text, 'message'])

const VECTORS: readonly (readonly [name: string, stream: string | Buffer, events: Event[]])[] = [
  ['lines that end in LF', 'data: a\n\ndata: b\n\n', m('a', 'b')],
  ['lines that end in CR', 'data: a\r\rdata: b\r\r', m('a', 'b')],
  ['lines that end in CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', m('a', 'b')],
  ['all line ends mixed', 'data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n', m('a\nb\nc', 'd')],
  ['a byte order mark', '\ufeffdata: a\n\n', m('a')],
  ['a second byte order mark, which is part of a name', '\ufeff\ufeffdata: a\n\n', []],
  ['a mark in the middle, which is part of the text', 'data: \ufeffa\n\n', m('\ufeffa')],
  ['data without a space', 'data:a\n\n', m('a')],
  ['data with two spaces, of which one is text', 'data:  a\n\n', m(' a')],
  ['data with a tab, which is text', 'data:\ta\n\n', m('\ta')],
  ['several lines of data', 'data: a\ndata: b\ndata\ndata: c\n\n', m('a\nb\n\nc')],
  ['data without a colon', 'data\n\n', m('')],
  ['empty data', 'data:\n\ndata: \n\n', m('', '')],
  ['colons in the data', 'data: a: b:c\n\n', m('a: b:c')],
  ['comments', ':\n: ping\ndata: a\n:data: b\n\n:\n\n', m('a')],
  ['fields nobody knows', 'id: 1\nretry: 5\nfoo: bar\ndata: a\nfoo\n\n', m('a')],
  ['a name with other case or a space, which is another field', 'Data: a\n data: b\n\n', []],
  ['longer and shorter names', 'dat: a\ndatas: b\nd\ndata: c\n\n', m('c')],
  [
    'an event type',
    'event: error\ndata: a\n\ndata: b\n\n',
    [
      ['a', 'error'],
      ['b', 'message'],
    ],
  ],
  ['an event type that comes after the data', 'data: a\nevent: x\n\n', [['a', 'x']]],
  ['the last of several event types', 'event: x\nevent: y\ndata: a\n\n', [['a', 'y']]],
  ['an event type without data, which is forgotten', 'event: x\n\ndata: a\n\n', m('a')],
  ['an event type that is empty', 'event: x\nevent\ndata: a\n\n', m('a')],
  ['blank lines alone', '\n\n\r\r\r\n\r\n', []],
  ['an empty stream', '', []],
  [
    'invalid UTF-8',
    Buffer.from('64617461 3a20 61ff62 e282 63 0a0a'.replaceAll(' ', ''), 'hex'),
    m('a\ufffdb\ufffdc'),
  ],
  ['characters of two to four bytes', 'data: ä€🚀e\u0301\n\n', m('ä€🚀e\u0301')],
  ['a NUL and other controls', 'data: a\u0000b\u0085c\u2028d\n\n', m('a\u0000b\u0085c\u2028d')],
  ['a last event without a blank line, if it is JSON', 'data: {"a":1}\n', m('{"a":1}')],
  ['a last event without any line end, if it is JSON', 'data: {"a":1}', m('{"a":1}')],
  ['a last [DONE] without a line end', 'data: 1\n\ndata: [DONE]', m('1', '[DONE]')],
  ['no last event that is cut off', 'data: 1\n\ndata: {"a":', m('1')],
  ['no last event whose line is not data', 'data: 1\n\neven', m('1')],
]

describe('SseDecoder', () => {
  it.each(VECTORS)('reads %s', (_name, stream, events) => {
    const bytes = Buffer.from(stream as string)
    expect(decode([bytes])).toEqual({ events, failure: undefined })
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
    expect(decode(single), 'byte by byte').toEqual({ events, failure: undefined })
  })

  it('drops a last event without a blank line unless the stream ended cleanly', () => {
    expect(decode([Buffer.from('data: {"a":1}\n')], { end: false }).events).toEqual([])
  })

  const piece = fc.oneof(
    fc.constantFrom('\n', '\r', '\r\n', '\n\n', ':', ' ', 'data', 'data:', 'data: ', 'event: x'),
    fc.constantFrom('\ufeff', '{"a":1}', '[DONE]', 'ä', '🚀', '\u0000', ': ping'),
    fc.string({ maxLength: 12 }),
  )
  const stream = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  )
  const places = fc.array(fc.nat(200), { maxLength: 12 })

  it('gives the same events and the same failure for any split', () => {
    fc.assert(
      fc.property(stream, places, fc.integer({ min: 1, max: 40 }), (bytes, at, maxEventBytes) => {
        expect(decode(cut(bytes, at))).toEqual(decode([bytes]))
        const bounded = decode(cut(bytes, at), { maxEventBytes })
        const whole = decode([bytes], { maxEventBytes })
        expect(bounded).toEqual(whole)
      }),
      { numRuns: 3_000 },
    )
  })

  it('agrees with a decoder that is the standard, line for line', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(decode([bytes], { end: false }).events).toEqual(byTheStandard(bytes))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['one line', 'data: 0123456789\n\n', 16],
    ['several lines', 'data: 012\ndata: 345\nevent: abc\n\n', 28],
    ['a comment', ': 01234567890123\n', 16],
  ])('takes an event of exactly the limit and refuses one byte more: %s', (_name, text, size) => {
    const bytes = Buffer.from(text)
    for (let at = 0; at <= bytes.length; at += 1) {
      const pieces = [bytes.subarray(0, at), bytes.subarray(at)]
      expect(decode(pieces, { maxEventBytes: size }).failure).toBeUndefined()
      expect(decode(pieces, { maxEventBytes: size - 1 }).failure).toBe('upstream_invalid_stream')
    }
  })

  it('takes a byte order mark into account, whether its line comes whole or not', () => {
    const mark = Buffer.from('\ufeff\n')
    for (const pieces of [[mark], [mark.subarray(0, 3), mark.subarray(3)]]) {
      expect(decode(pieces, { maxEventBytes: 2 }).failure).toBe('upstream_invalid_stream')
      expect(decode(pieces, { maxEventBytes: 3 }).failure).toBeUndefined()
    }
  })

  it('does not let a line without an end grow', () => {
    const endless = Array.from({ length: 100 }, () => Buffer.alloc(1_024, 'x'))
    expect(decode(endless, { maxEventBytes: 10_000 }).failure).toBe('upstream_invalid_stream')
  })

  it('counts keep-alive comments toward no event', () => {
    const comments = Buffer.from(': keep-alive\n'.repeat(100))
    const bytes = [Buffer.from('data: a\n'), comments, Buffer.from('data: b\n\n')]
    expect(decode(bytes, { maxEventBytes: 20 }).events).toEqual(m('a\nb'))
  })
})

/** The standard's own algorithm (9.2.6), as slow as it is written there. */
function byTheStandard(bytes: Buffer): Event[] {
  const events: Event[] = []
  const text = new TextDecoder().decode(bytes)
  let [data, type] = ['', '']
  const lines = text.split(/\r\n|\r|\n/)
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data !== '') events.push([data.slice(0, -1), type === '' ? 'message' : type])
      data = ''
      type = ''
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? []
    if (name === 'data') data += `${value}\n`
    if (name === 'event') type = value
  }
  return events
}
