// Detectors behind HTTP: what they are asked, what is made of their answers, and what happens when there is none.
import type { Span } from '@sluice/guard'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import type { DetectorSettings } from '../../src/detectors/detector-settings.ts'
import { createDetectors } from '../../src/detectors/detectors.ts'
import { VerdictCache } from '../../src/detectors/verdict-cache.ts'
import { mergeSpans, windowsOf } from '../../src/detectors/windows.ts'
import { detectorServer, namesIn } from '../harness/detector-server.ts'
import { until, untilSteady } from '../harness/until.ts'

const SETTINGS = {
  kind: 'http',
  entities: ['PERSON', 'INSULT'],
  language: undefined,
  headers: {},
  apiKey: undefined,
  timeoutMs: 10_000,
  concurrency: 2,
  queue: 100,
  cache: 0,
} as const

function detectorOf(settings: Partial<DetectorSettings> & { url: string }) {
  const { d } = createDetectors(
    { d: { ...SETTINGS, ...settings } as DetectorSettings },
    new Agent(),
  )
  if (d === undefined) throw new Error('no detector')
  return d
}

const { signal } = new AbortController()
const text = (spans: readonly Span[], of: string) => spans.map((s) => of.slice(s.start, s.end))

describe('an HTTP detector', () => {
  it('is sent the text, the language and the entities, with its token', async () => {
    const server = await detectorServer()
    const detector = detectorOf({ url: `${server.url}/find`, language: 'de', apiKey: 'k' })
    const said = 'Hallo Ada Lovelace!'
    expect(await detector.detect(said, { signal })).toEqual([
      { entity: 'PERSON', start: 6, end: 18, score: 0.9 },
    ])
    expect(server.asked).toEqual([
      {
        path: '/find',
        authorization: 'Bearer k',
        body: { text: said, language: 'de', entities: ['PERSON', 'INSULT'] },
      },
    ])
  })

  it('may count code points', async () => {
    const said = '🦊🦊 Ada!'
    const server = await detectorServer(() => ({
      spans: [{ entity: 'PERSON', start: 3, end: 6, score: 1 }],
      offsets: 'code_points',
    }))
    const spans = await detectorOf({ url: server.url }).detect(said, { signal })
    expect(text(spans, said)).toEqual(['Ada'])
  })

  it('judges a text as a whole by a verdict of moderation', async () => {
    const server = await detectorServer(() => ({
      spans: [],
      moderation: [{ category: 'INSULT', score: 0.8 }],
    }))
    expect(await detectorOf({ url: server.url }).detect('you!', { signal })).toEqual([
      { entity: 'INSULT', start: 0, end: 4, score: 0.8 },
    ])
  })

  it('finds nothing but what it was asked for', async () => {
    const server = await detectorServer(() => ({
      spans: [{ entity: 'ORGANIZATION', start: 0, end: 1, score: 1 }],
    }))
    expect(await detectorOf({ url: server.url }).detect('x', { signal })).toEqual([])
  })

  it.each<[string, unknown]>([
    ['is not JSON', 'nonsense'],
    ['breaks the contract', { spans: [{ entity: 'PERSON' }] }],
    ['has a span beyond the text', { spans: [{ entity: 'PERSON', start: 0, end: 9, score: 1 }] }],
    ['has an empty span', { spans: [{ entity: 'PERSON', start: 1, end: 1, score: 1 }] }],
  ])('fails if the answer %s', async (_name, answer) => {
    const server = await detectorServer((_asked, response) => {
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      return undefined
    })
    await expect(detectorOf({ url: server.url }).detect('text', { signal })).rejects.toMatchObject({
      reason: 'invalid_answer',
    })
  })

  it('fails with a status, with an answer too long, and where nobody is', async () => {
    const server = await detectorServer((_asked, response) => {
      response.statusCode = 500
      return { spans: [] }
    })
    const flood = await detectorServer(() => ({ spans: [], more: 'x'.repeat(2_000_000) }))
    const failing = { reason: 'invalid_answer' }
    await expect(detectorOf({ url: server.url }).detect('x', { signal })).rejects.toMatchObject(
      failing,
    )
    await expect(detectorOf({ url: flood.url }).detect('x', { signal })).rejects.toMatchObject(
      failing,
    )
    await expect(
      detectorOf({ url: 'http://127.0.0.1:1' }).detect('x', { signal }),
    ).rejects.toMatchObject({ reason: 'unreachable' })
  })
})

describe('the bounds of a detector', () => {
  it('are a deadline, also for what waits', async () => {
    const server = await detectorServer(() => new Promise(() => {}))
    const detector = detectorOf({ url: server.url, timeoutMs: 50, concurrency: 1 })
    const results = await Promise.allSettled(
      ['a', 'b', 'c'].map((said) => detector.detect(said, { signal })),
    )
    expect(results.map((r) => r.status === 'rejected' && r.reason.reason)).toEqual(
      Array(3).fill('timeout'),
    )
  })

  it('are a number at once and a queue that ends', async () => {
    let answer = () => {}
    const mayAnswer = new Promise<void>((resolve) => {
      answer = resolve
    })
    const server = await detectorServer(async (asked) => {
      await mayAnswer
      return namesIn(asked)
    })
    const detector = detectorOf({ url: server.url, concurrency: 2, queue: 3 })
    const asked = Promise.allSettled(
      Array.from({ length: 8 }, () => detector.detect('x', { signal })),
    )
    await until('the first are asked', () => server.open === 2)
    expect(await untilSteady(() => server.open)).toBe(2)
    answer()
    const results = await asked
    expect(server.mostOpen).toBe(2)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    const refused = results.filter(
      (r) => r.status === 'rejected' && r.reason.reason === 'queue_full',
    )
    expect(refused).toHaveLength(3)
  })

  it('are a breaker: one that failed five times in a row is not asked', async () => {
    const server = await detectorServer(() => 'no spans')
    const detector = detectorOf({ url: server.url })
    for (let i = 0; i < 5; i += 1) await detector.detect('x', { signal }).catch(() => {})
    await expect(detector.detect('x', { signal })).rejects.toMatchObject({ reason: 'breaker_open' })
    expect(server.asked).toHaveLength(5)
  })

  it('are told of what fails and why, without the text', async () => {
    const told: string[] = []
    const url = 'http://127.0.0.1:1'
    const { d } = createDetectors({ d: { ...SETTINGS, url } }, new Agent(), (name, failure) =>
      told.push(`${name} ${failure.reason} ${failure.message}`),
    )
    await d?.detect('secret', { signal }).catch(() => {})
    expect(told).toEqual(['d unreachable the detector cannot be reached'])
  })

  it('do not take it for a failure that somebody gives up', async () => {
    const server = await detectorServer((asked) =>
      asked.body.text === 'wait' ? new Promise(() => {}) : namesIn(asked),
    )
    const detector = detectorOf({ url: server.url })
    for (let i = 0; i < 6; i += 1) {
      const asker = new AbortController()
      const result = detector.detect('wait', { signal: asker.signal })
      await until('it is asked', () => server.asked.length === i + 1)
      asker.abort(new Error('gone'))
      await expect(result).rejects.toThrow('gone')
    }
    expect(await detector.detect('x', { signal })).toEqual([])
  })
})

describe('what a detector said', () => {
  it('is remembered of windows, for those that asked, and lets it rest', async () => {
    const server = await detectorServer()
    const detector = detectorOf({ url: server.url, cache: 2 })
    const outcomes: string[] = []
    detector.onEnd = (outcome) => void outcomes.push(outcome)
    const ask = (said: string, scope = 'a') => detector.detect(said, { scope, signal })
    const first = await ask('I am Ada Lovelace')
    expect(await ask('I am Ada Lovelace')).toEqual(first)
    expect(server.asked).toHaveLength(1)
    await ask('I am Ada Lovelace', 'b')
    await ask('two')
    await ask('I am Ada Lovelace')
    expect(server.asked.map(({ body }) => body.text)).toEqual([
      'I am Ada Lovelace',
      'I am Ada Lovelace',
      'two',
      'I am Ada Lovelace',
    ])
    expect(outcomes).toEqual(['judged', 'cached', 'judged', 'judged', 'judged'])
  })

  it('is asked for only where a long text is new', async () => {
    const server = await detectorServer()
    const detector = detectorOf({ url: server.url, cache: 10 })
    const said = `${'so it goes on '.repeat(600)}Ada Lovelace`
    const spans = await detector.detect(said, { signal })
    const { length } = server.asked
    expect(await detector.detect(`${said} and more`, { signal })).toEqual(spans)
    expect(server.asked).toHaveLength(length + 1)
  })

  it('is forgotten after ten minutes, and failures at once', async () => {
    const cache = new VerdictCache(10)
    const key = cache.keyOf(['a', 'text'])
    cache.set(key, [], 0)
    expect(cache.get(key, 599_999)).toEqual([])
    expect(cache.get(key, 600_000)).toBeUndefined()
    expect(cache.keyOf(['at', 'ext'])).not.toBe(key)
    expect(new VerdictCache(10).keyOf(['a', 'text'])).not.toBe(key)
    const server = await detectorServer(({ body }) => (body.text === 'x' ? 'nonsense' : {}))
    const detector = detectorOf({ url: server.url, cache: 10 })
    for (let i = 0; i < 2; i += 1) await detector.detect('x', { signal }).catch(() => {})
    expect(server.asked).toHaveLength(2)
  })
})

describe('windows', () => {
  it('cover the text, overlap, and begin with words', () => {
    const said = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ')
    const windows = windowsOf(said, 300)
    expect(windows.length).toBeGreaterThan(5)
    for (const [i, { start, text: part }] of windows.entries()) {
      expect(said.slice(start, start + part.length)).toBe(part)
      expect(part.length).toBeLessThanOrEqual(300)
      const before = windows[i - 1]
      if (before === undefined) continue
      expect(said.charAt(start - 1)).toBe(' ')
      expect(start).toBeLessThan(before.start + before.text.length)
    }
    const last = windows.at(-1)
    expect((last?.start ?? 0) + (last?.text.length ?? 0)).toBe(said.length)
  })

  it('go on through a text without blanks, and cut no pair', () => {
    const windows = windowsOf('🦊'.repeat(1000), 301)
    expect(windows.every(({ text: part }) => !/^[\udc00-\udfff]/.test(part))).toBe(true)
  })

  it('give one span for what two of them find', async () => {
    const said = `${'x '.repeat(1_950)}Ada Lovelace ${'y '.repeat(3_000)}Ada Lovelace`
    const server = await detectorServer()
    const spans = await detectorOf({ url: server.url }).detect(said, { signal })
    expect(server.asked.length).toBeGreaterThan(2)
    expect(text(spans, said)).toEqual(['Ada Lovelace', 'Ada Lovelace'])
  })

  it('join what overlaps of one entity, and nothing else', () => {
    const window = { start: 10, text: '' }
    const of = (entity: string, start: number, end: number) => ({ entity, start, end, score: 0.5 })
    expect(
      mergeSpans([
        { window, spans: [of('A', 0, 4), of('B', 2, 6)] },
        { window, spans: [of('A', 3, 8), of('A', 8, 9)] },
      ]),
    ).toEqual([of('A', 10, 18), of('B', 12, 16), of('A', 18, 19)])
  })
})

it('a detector of kind presidio is asked at /analyze, in code points', async () => {
  const said = '🦊 Ada Lovelace'
  const server = await detectorServer(() => [
    { entity_type: 'PERSON', start: 2, end: 14, score: 0.85, analysis_explanation: null },
  ])
  for (const path of ['', '/', '/analyze']) {
    const detector = detectorOf({ kind: 'presidio', url: `${server.url}${path}` })
    expect(text(await detector.detect(said, { signal }), said)).toEqual(['Ada Lovelace'])
  }
  expect(server.asked.map((asked) => asked.path)).toEqual(Array(3).fill('/analyze'))
  expect(server.asked[0]?.body).toMatchObject({ text: said, language: 'en' })
})
