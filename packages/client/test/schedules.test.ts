// The law of the client: whatever happens to the connections, what a reader sees is the whole answer, once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connect } from '../src/index.ts'
import { ModelGateway } from './model-gateway.ts'
import { Reading } from './reading.ts'

/** Closes after which a client comes back by itself. */
const RETURNING = [1001, 1011, 1012, 1013, 4429]

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('say'), pieces: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('send'), merged: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut'), waits: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('keep back'), merged: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send late') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('close'),
      code: fc.constantFrom(...RETURNING),
      waits: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('go away') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel') }) },
)
interface Action {
  do: string
  pieces?: number
  merged?: number
  code?: number
  /** Whether the client is back before anything else happens. */
  waits?: boolean
}

/** The answer of the nth completion: no two pieces are alike, so that a lost or doubled one shows. */
const answerOf = (n: number) => Array.from({ length: 24 }, (_, i) => `${n}.${i}é🚀 `)

class Schedule {
  readonly #gateway: ModelGateway
  readonly #cancel: () => void

  constructor(gateway: ModelGateway, cancel: () => void) {
    this.#gateway = gateway
    this.#cancel = cancel
  }

  async perform({ do: what, pieces = 1, merged = 1, code, waits = false }: Action): Promise<void> {
    const gateway = this.#gateway
    if (what === 'say') for (let i = 0; i < pieces; i += 1) this.#say()
    else if (what === 'send') gateway.send(merged)
    else if (what === 'answer') gateway.answer()
    else if (what === 'cut') gateway.end()
    else if (what === 'close') gateway.end(code)
    else if (what === 'repeat') gateway.repeat()
    else if (what === 'keep back') gateway.send(merged, true)
    else if (what === 'send late') gateway.sendLate()
    else if (what === 'cancel') this.#cancel()
    else gateway.goAway()
    if (waits) await gateway.asked(1)
    await gateway.settled()
  }

  /** Everything that is left, until all readings have ended. */
  async finish(readings: readonly Reading[]): Promise<void> {
    const all = Promise.all(readings.map(({ done }) => done)).then(() => true)
    const step = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 2))
    while (!(await Promise.race([all, step()]))) {
      this.#gateway.answer()
      this.#say()
      this.#gateway.send(8)
    }
  }

  #say(): void {
    this.#gateway.say(
      ({ requestId, entries }) => answerOf(Number(requestId.slice(1)))[entries.length],
    )
  }
}

async function assertWholeAnswers(
  actions: readonly Action[],
  maxBufferedCharacters: number,
): Promise<void> {
  const gateway = await ModelGateway.start()
  const client = connect({
    url: gateway.url,
    reconnect: { minMs: 1, maxMs: 4 },
    maxBufferedCharacters,
  })
  try {
    const completions = [1, 2].map(() => client.complete({ modelId: 'm', messages: [] }))
    const readings = completions.map((completion) => new Reading(completion))
    await gateway.asked(2)
    const schedule = new Schedule(gateway, () => completions[0]?.cancel())
    for (const one of actions) await schedule.perform(one)
    await schedule.finish(readings)
    expect(readings.map(({ end }) => end)).toEqual(['complete', 'complete'])
    const expected = completions.map(({ requestId = '' }) =>
      answerOf(Number(requestId.slice(1))).join(''),
    )
    expect(readings.map(({ text }) => text)).toEqual(expected)
    expect(new Set(expected).size).toBe(2)
    expect(gateway.completions).toHaveLength(2)
  } finally {
    client.close()
  }
}

describe('a completion', () => {
  it('shows the whole answer once, for any schedule of cuts, merges, repeats and delays', async () => {
    const schedules = fc.array(action, { minLength: 5, maxLength: 30 })
    const law = fc.asyncProperty(schedules, (actions) => assertWholeAnswers(actions, 1_048_576))
    await fc.assert(law, { numRuns: 60 })
  })

  it('does so for a reader whose buffer is full at each chunk, too', async () => {
    const schedules = fc.array(action, { minLength: 5, maxLength: 20 })
    const law = fc.asyncProperty(schedules, (actions) => assertWholeAnswers(actions, 1))
    await fc.assert(law, { numRuns: 15 })
  })
})
