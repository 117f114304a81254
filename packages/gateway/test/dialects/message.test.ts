// From bytes to an object: bounds of nesting and number for any cut, and the same result at once and in turns.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInTurns, parseMessage } from '../../src/dialects/message.ts'
import { JsonBounds } from '../../src/json-bounds.ts'
import { Scheduler } from '../../src/scheduler.ts'

const json = fc.oneof(
  fc.json({ maxDepth: 12 }),
  fc.json({ stringUnit: 'binary' }),
  fc.constant('["[{\\"]}"]'),
)

/** A text in pieces, some of them empty. */
function piecesOf<T extends { slice(start: number, end?: number): T; length: number }>(
  whole: T,
  cuts: readonly number[],
): T[] {
  const places = cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b)
  return [0, ...places].map((start, i) => whole.slice(start, places[i] ?? whole.length))
}

const cuts = fc.array(fc.nat(), { maxLength: 5 })

function excessOf(pieces: readonly string[], limits: { depth: number; values: number }) {
  const bounds = new JsonBounds(limits)
  for (const piece of pieces) {
    const excess = bounds.add(piece)
    if (excess !== undefined) return excess
  }
  return undefined
}

describe('the bounds of JSON text', () => {
  /** The depth of a parsed value. */
  function depthOf(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0
    return 1 + Math.max(0, ...Object.values(value).map(depthOf))
  }

  it('agree with the depth of the parsed value, for any cut', () => {
    fc.assert(
      fc.property(json, cuts, fc.nat(10), (text, at, depth) => {
        const excess = excessOf(piecesOf(text, at), { depth, values: Number.POSITIVE_INFINITY })
        expect(excess === 'depth').toBe(depthOf(JSON.parse(text)) > depth)
      }),
      { numRuns: 1_000 },
    )
  })

  it('count brackets and commas, but none inside a string', () => {
    const text = JSON.stringify({ a: [1, 2, 'x,[,{,'], b: {} })
    expect(excessOf([text], { depth: 9, values: 6 })).toBeUndefined()
    expect(excessOf([text], { depth: 9, values: 5 })).toBe('values')
  })

  it('say the same of text that is no JSON, for any cut', () => {
    const limits = { depth: 3, values: 9 }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]{},"\\a') }), cuts, (text, at) => {
        expect(excessOf(piecesOf(text, at), limits)).toBe(excessOf([text], limits))
      }),
    )
  })
})

describe('a message', () => {
  const limits = { maxJsonDepth: 4, maxMessages: 4 }

  async function inTurns(bytes: Buffer, at: readonly number[]): Promise<unknown> {
    const task = new Scheduler().task('client')
    return await parseInTurns(piecesOf(bytes, at), limits, task).catch(String)
  }

  function atOnce(bytes: Buffer): unknown {
    try {
      return parseMessage(bytes, limits)
    } catch (error) {
      return String(error)
    }
  }

  it('is the same object, or refused for the same reason, at once and in turns, for any cut', async () => {
    const bytes = fc.oneof(
      fc.json({ maxDepth: 6, stringUnit: 'binary' }).map((text) => Buffer.from(text)),
      fc
        .dictionary(fc.string(), fc.json({ stringUnit: 'binary' }))
        .map((object) => Buffer.from(JSON.stringify(object))),
      fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (whole, at) => {
        expect(await inTurns(whole, at)).toEqual(atOnce(whole))
      }),
      { numRuns: 500 },
    )
  })

  it('of megabytes is read in pieces, which are dropped', async () => {
    const text = '\u6771\u4eac'.repeat(500_000)
    const chunks: Buffer[] = [Buffer.from(JSON.stringify({ text }))]
    const task = new Scheduler().task('client')
    expect((await parseInTurns(chunks, limits, task)).fields).toEqual({ text })
    expect(chunks).toEqual([])
  })

  it('that is no UTF-8 is refused, also if only its end is missing', async () => {
    const whole = Buffer.from('{"a":"\u00e9')
    const refusal = 'GatewayError: The message is not valid UTF-8'
    for (const bytes of [Buffer.from([0x22, 0xff]), whole.subarray(0, -1)]) {
      expect(atOnce(bytes)).toBe(refusal)
      expect(await inTurns(bytes, [3])).toBe(refusal)
    }
  })
})
