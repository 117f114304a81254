// The real analyzer of Presidio with a real model. `npm run test:presidio` installs it for the time of the test.
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { createDetectors } from '../../src/detectors/detectors.ts'

const url = process.env.PRESIDIO_URL

describe.skipIf(url === undefined)(
  'Presidio (skipped unless `npm run test:presidio` runs it)',
  () => {
    const limits = { language: undefined, timeoutMs: 60_000, concurrency: 2, queue: 100, cache: 0 }
    const detectors = createDetectors(
      {
        presidio: {
          ...{ kind: 'presidio', url: url ?? 'http://127.0.0.1:1', headers: {}, apiKey: undefined },
          ...{ entities: ['PERSON', 'LOCATION', 'EMAIL_ADDRESS'], ...limits },
        },
      },
      new Agent(),
    )
    const { signal } = new AbortController()

    it('finds names and places by UTF-16 offsets', async () => {
      const text = '🦊 My name is John Smith, I live in London, john@example.org.'
      const spans = (await detectors.presidio?.detect(text, { signal })) ?? []
      const found = spans.map(({ entity, start, end }) => `${entity} ${text.slice(start, end)}`)
      expect(found).toEqual(
        expect.arrayContaining([
          'PERSON John Smith',
          'LOCATION London',
          'EMAIL_ADDRESS john@example.org',
        ]),
      )
    })

    it('finds a name in the second window of a long text', async () => {
      const filler = 'The meeting was moved because the room is taken. '
      const text = `${filler.repeat(100)}My name is John Smith.`
      const spans = (await detectors.presidio?.detect(text, { signal })) ?? []
      expect(spans.map(({ start, end }) => text.slice(start, end))).toContain('John Smith')
    })
  },
)
