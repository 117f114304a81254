// The test vectors keep the protocol's own rules: frames have the schemas' form, ranges tile, one terminal ends each id.
import { describe, expect, it } from 'vitest'
import { clientFrameSchemas, serverFrameSchemas } from '../src/frame-schemas.ts'
import { type Frame, joined, meets, Names, SCENARIOS, type Scenario } from './vectors.ts'

const client: Record<string, { safeParse(value: unknown): { success: boolean } }> =
  clientFrameSchemas({ maxContentCharacters: 4_096 })
const server: typeof client = serverFrameSchemas

/** A type that a vector uses because nobody knows it. */
const UNKNOWN = 'weather'
const TERMINALS = new Set(['complete', 'blocked', 'cancelled'])

/** The ids that are watched on each socket, with the next sequence number of each. */
type Watched = Map<string, number>

/** Follows what a server sends about one id; fails where it breaks a rule. */
function follow(watched: Watched, key: string, frame: Frame): void {
  const { type, seq, from = seq, code } = frame
  if (type === 'handshake_ack') watched.set(key, 1)
  else if (type === 'resumed') watched.set(key, Number(from))
  else if (type === 'chunk') {
    expect(watched.get(key), `${key}: chunk ${seq}`).toBe(from)
    watched.set(key, Number(seq) + 1)
  } else if (TERMINALS.has(String(type)) || seq !== undefined || code === 'gap') {
    // A prompt that is blocked has no ack; a terminal may be sent again to who had it already.
    const next = watched.get(key) ?? 1
    if (type === 'complete') expect([seq, Number(seq) + 1]).toContain(next)
    watched.delete(key)
  }
}

function assertRanges({ steps }: Scenario): void {
  const watched: Watched = new Map()
  for (const step of steps) {
    if (!('out' in step) || !('frame' in step) || step.frame.id === undefined) continue
    if (step.skip === true || step.partial === true) return
    follow(watched, `${step.out} ${step.frame.id}`, step.frame)
  }
}

const runs = (who: 'server' | 'client') =>
  SCENARIOS.filter((scenario) => scenario.for.includes(who))

describe('the test vectors', () => {
  it('have names that are unique in their file', () => {
    const names = SCENARIOS.map(({ topic, name }) => `${topic}: ${name}`)
    expect(names.length).toBeGreaterThan(40)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(SCENARIOS)('$topic: $name: a server sends valid frames', ({ steps }) => {
    for (const step of steps) {
      if (!('out' in step) || !('frame' in step) || step.skip || step.partial) continue
      const type = String(step.frame.type)
      if (type === UNKNOWN) continue
      const result = server[type]?.safeParse(step.frame)
      expect(result, JSON.stringify(step.frame)).toMatchObject({ success: true })
    }
  })

  it.each(runs('client'))('$topic: $name: a client sends valid frames', ({ steps }) => {
    for (const step of steps) {
      if (!('in' in step) || !('frame' in step)) continue
      const result = client[String(step.frame.type)]?.safeParse(step.frame)
      expect(result, JSON.stringify(step.frame)).toMatchObject({ success: true })
    }
  })

  it.each(runs('server'))('$topic: $name: the ranges of every watcher tile', assertRanges)

  it.each(runs('client'))('$topic: $name: every program has a result', ({ steps, results }) => {
    const programs = steps.flatMap((step) => ('program' in step ? [step.program] : []))
    expect(Object.keys(results ?? {})).toEqual([...new Set(programs)])
  })

  it('use every frame type of both sides', () => {
    const frames = SCENARIOS.flatMap(({ steps }) =>
      steps.flatMap((step) => ('frame' in step ? [step.frame.type] : [])),
    )
    const types = [...Object.keys(client), ...Object.keys(server)]
    expect(types.filter((type) => !frames.includes(type))).toEqual([])
  })
})

describe('the comparison of frames', () => {
  it('binds names one to one', () => {
    const names = new Names()
    expect(meets({ id: 'x' }, { id: '1' }, names)).toBe(true)
    expect(meets({ id: 'y' }, { id: '1' }, names)).toBe(false)
    expect(meets({ id: 'x' }, { id: '2' }, names)).toBe(false)
    expect(names.actual({ id: '1', requestId: '1' })).toEqual({ id: 'x', requestId: '1' })
  })

  it('asks for the fields that are written, and leaves to the server what depends on it', () => {
    const frame = { type: 'complete', seq: 2, usage: { promptTokens: 9 }, more: 1 }
    expect(meets(frame, { type: 'complete', seq: 2, usage: {} }, new Names())).toBe(true)
    expect(meets(frame, { type: 'complete', seq: 3 }, new Names())).toBe(false)
    expect(meets(frame, { type: 'complete', from: 1 }, new Names())).toBe(false)
  })

  it('joins chunks that could have been one', () => {
    const chunk = (seq: number, fields: Frame) => ({ type: 'chunk', id: '1', seq, ...fields })
    const text = joined(chunk(1, { text: 'a' }), chunk(2, { text: 'b' }))
    expect(text).toMatchObject({ from: 1, seq: 2, text: 'ab' })
    expect(joined(chunk(1, { text: 'a' }), chunk(2, { text: 'b', choice: 1 }))).toBeUndefined()
    const call = (index: number, json: string) => ({ toolCall: { index, arguments: json } })
    expect(joined(chunk(1, call(0, '{')), chunk(2, call(0, '}')))).toMatchObject({
      toolCall: { index: 0, arguments: '{}' },
    })
    expect(joined(chunk(1, call(0, '{')), chunk(2, call(1, '}')))).toBeUndefined()
  })
})
