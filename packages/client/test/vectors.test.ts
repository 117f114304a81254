// The protocol's test vectors against this client: the test plays the server and the program.
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Frame,
  meets,
  Names,
  type Program,
  SCENARIOS,
  type Scenario,
  type Step,
} from '../../protocol/test/vectors.ts'
import { type Completion, connect, type SluiceClient } from '../src/index.ts'
import { Reading } from './reading.ts'
import { type Peer, ScriptedServer } from './scripted-server.ts'

const TOKEN = 'token of alice'

class Run {
  readonly #server: ScriptedServer
  readonly #client: SluiceClient
  readonly #names = new Names()
  readonly #peers = new Map<string, Peer>()
  readonly #completions = new Map<string, Completion>()
  readonly readings = new Map<string, Reading>()

  constructor(server: ScriptedServer) {
    this.#server = server
    this.#client = connect({
      url: server.url,
      token: TOKEN,
      client: 'vector/1',
      reconnect: { minMs: 1, maxMs: 5 },
    })
    onTestFinished(() => this.#client.close())
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step)
    for (const { done } of this.readings.values()) await done
  }

  async #step(step: Step): Promise<void> {
    if ('open' in step) await this.#open(step.open, step.bare === true)
    else if ('program' in step) await this.#program(step)
    else if ('cut' in step) {
      await this.#peer(step.cut).settled()
      this.#peer(step.cut).cut()
    } else if ('out' in step) {
      if ('close' in step) this.#peer(step.out).close(step.close)
      else this.#peer(step.out).send(this.#names.actual(step.frame))
    } else if ('in' in step && 'frame' in step) await this.#expect(step.in, step.frame)
  }

  async #open(label: string, isBare: boolean): Promise<void> {
    if (this.#client.state.status === 'idle') this.#client.open().catch(() => {})
    const peer = await (isBare ? this.#server.connection() : this.#server.peer())
    this.#peers.set(label, peer)
  }

  async #program(step: Program): Promise<void> {
    for (const peer of this.#peers.values()) await peer.settled()
    if (step.does === 'complete') {
      const { payload, idempotencyKey } = step
      const options = idempotencyKey === undefined ? {} : { idempotencyKey }
      this.#follow(step.program, this.#client.complete(payload as never, options))
    } else if (step.does === 'attach') {
      const { requestId } = this.#names.actual({ requestId: step.requestId })
      this.#follow(step.program, this.#client.attach(String(requestId), { after: step.after }))
    } else this.#completions.get(step.program)?.[step.does]()
  }

  #follow(program: string, completion: Completion): void {
    this.#completions.set(program, completion)
    this.readings.set(program, new Reading(completion))
  }

  async #expect(label: string, expected: Frame): Promise<void> {
    const frame = await this.#peer(label).frame()
    const written = { ...expected, ...(expected.token !== undefined && { token: TOKEN }) }
    expect(meets(frame, written, this.#names), JSON.stringify([frame, written])).toBe(true)
  }

  #peer(label: string): Peer {
    const peer = this.#peers.get(label)
    if (peer === undefined) throw new Error(`no socket ${label} is open`)
    return peer
  }
}

describe('the test vectors', () => {
  const scenarios: readonly Scenario[] = SCENARIOS.filter((one) => one.for.includes('client'))

  it.each(scenarios)('$topic: $name', async ({ steps, results = {} }) => {
    const run = new Run(await ScriptedServer.start())
    await run.run(steps)
    for (const [program, expected] of Object.entries(results)) {
      const { text, end, reasoning, toolCalls, isRetracted } = run.readings.get(program) ?? {}
      expect({ text, end }, program).toEqual({ text: expected.text, end: expected.end })
      expect(reasoning).toBe(expected.reasoning ?? '')
      expect(toolCalls).toEqual(expected.toolCalls ?? [])
      expect(isRetracted).toBe(expected.retracted ?? false)
    }
  })
})
