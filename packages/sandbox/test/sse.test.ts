import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeStream, type Packets, type SseFormat } from '../src/sse.ts'
import { decodeEvents } from './caller.ts'

const data = fc
  .record({ text: fc.string({ unit: 'binary' }), more: fc.json() })
  .map((value) => JSON.stringify(value))
const cuts: Packets[] = ['event', 'byte', 'character-halves', 'eight-events', 'drip']
const format: fc.Arbitrary<SseFormat> = fc.record(
  {
    newline: fc.constantFrom('\n' as const, '\r' as const, '\r\n' as const),
    bom: fc.constant(true as const),
    comments: fc.constant(true as const),
    multiline: fc.constant(true as const),
  },
  { requiredKeys: [] },
)

describe('an encoded stream', () => {
  it('decodes to the same values in every form and every packet size', () => {
    fc.assert(
      fc.property(
        fc.array(data, { minLength: 1 }),
        format,
        fc.constantFrom(...cuts),
        (events, form, cut) => {
          const decoded = decodeEvents(Buffer.concat(encodeStream(events, form, cut)))
          expect(decoded.map((text) => JSON.parse(text))).toEqual(
            events.map((text) => JSON.parse(text)),
          )
        },
      ),
    )
  })

  it('is cut into the packets that were asked for', () => {
    const events = Array.from({ length: 20 }, (_, index) => `"ä${index}"`)
    const sizes = (cut: Packets) => encodeStream(events, {}, cut).map((packet) => packet.length)
    expect(sizes('event')).toHaveLength(20)
    expect(sizes('eight-events')).toHaveLength(3)
    expect(new Set(sizes('byte'))).toEqual(new Set([1]))
    expect(Math.max(...sizes('drip'))).toBe(24)
    const halves = encodeStream(events, {}, 'character-halves')
    expect(halves.slice(0, -1).every((packet) => (packet.at(-1) ?? 0) >= 0xc0)).toBe(true)
  })
})
