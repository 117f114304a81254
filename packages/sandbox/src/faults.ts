/** Decides which fault the next request meets: the queues of the control endpoint and the memory of the `-once` models. */

import { createHash } from 'node:crypto'
import type { ChatRequest } from './chat-request.ts'
import { SandboxError } from './errors.ts'
import type { Scenario } from './models/scenario.ts'
import { scenarioFor, scenarios } from './models.ts'
import { sandboxTokenFaults, type TokenFault } from './token-faults.ts'

/** Longest queue, and how many first requests are remembered. */
const maxQueued = 1_000
const maxRemembered = 10_000

/** Faults for the next requests, one each, in order. */
export interface FaultQueue {
  /** Model names, e.g. `sandbox-503`: the next chat requests behave like these, whatever model they name. */
  chat?: readonly string[]
  /** Names from `sandboxTokenFaults` for the next token requests. */
  token?: readonly string[]
}

/** The faults that wait. */
export class Faults {
  #chat: Scenario[] = []
  #token: TokenFault[] = []
  readonly #seen = new Set<string>()

  /**
   * Adds faults to the queues; all of them or, if one is wrong, none.
   * @throws {SandboxError} `invalid_fault` for an unknown name or a queue over 1,000.
   */
  add(queue: FaultQueue): void {
    const chat = (queue.chat ?? []).map(chatFault)
    const token = (queue.token ?? []).map(tokenFault)
    if (
      this.#chat.length + chat.length > maxQueued ||
      this.#token.length + token.length > maxQueued
    ) {
      throw new SandboxError('invalid_fault', `a queue holds at most ${maxQueued} faults`)
    }
    this.#chat.push(...chat)
    this.#token.push(...token)
  }

  /** The fault for a token request. */
  nextToken(): TokenFault | undefined {
    return this.#token.shift()
  }

  /** How a chat request is answered; undefined if there is no such model. */
  nextChat(request: ChatRequest): Scenario | undefined {
    const queued = this.#chat.shift()
    if (queued !== undefined) return queued
    const scenario = scenarioFor(request.model)
    return scenario?.once && !this.#isFirst(request) ? withoutRefusal(scenario) : scenario
  }

  /** Empties the queues and forgets which requests were seen. */
  clear(): void {
    this.#chat = []
    this.#token = []
    this.#seen.clear()
  }

  #isFirst({ model, messages }: ChatRequest): boolean {
    const key = createHash('sha256')
      .update(JSON.stringify([model, messages]))
      .digest('base64')
    if (this.#seen.has(key)) return false
    const oldest = this.#seen.keys().next()
    if (this.#seen.size >= maxRemembered && !oldest.done) this.#seen.delete(oldest.value)
    this.#seen.add(key)
    return true
  }
}

function withoutRefusal(scenario: Scenario): Scenario {
  const { refusal: _, ...rest } = scenario
  return rest
}

function chatFault(name: string): Scenario {
  const scenario = scenarios.find(({ model }) => model === name)
  if (scenario !== undefined) return scenario
  throw new SandboxError(
    'invalid_fault',
    `no model of the sandbox has the name ${JSON.stringify(name)}`,
  )
}

function tokenFault(name: string): TokenFault {
  const known = sandboxTokenFaults.find(({ fault }) => fault === name)
  if (known !== undefined) return known
  const names = sandboxTokenFaults.map(({ fault }) => fault).join(', ')
  throw new SandboxError(
    'invalid_fault',
    `no token fault has the name ${JSON.stringify(name)}; there are ${names}`,
  )
}
