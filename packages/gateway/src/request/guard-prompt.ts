/** The guard on the prompt: each message by itself, in slices, so that a huge one does not stall the other streams. */
import type { Block, Finding, OpenOptions, Policy } from '@sluice/guard'
import type { ChatMessage } from '@sluice/protocol'

/** Characters between two looks at the clock; a worst case of the guard stays well under the slice. */
const SLICE_CHARACTERS = 4_096
/** How long a scan may keep others waiting, in milliseconds. */
const SLICE_MS = 4

export interface GuardedPrompt {
  messages: ChatMessage[]
  findings: Finding[]
  blocked: Block | undefined
}

/** Guards every text of a prompt: content and the arguments of tool calls. A block ends the scan. */
export async function guardPrompt(
  messages: readonly ChatMessage[],
  policy: Policy,
  signal: AbortSignal,
): Promise<GuardedPrompt> {
  const scan = new PromptScan(policy, signal)
  const guarded: ChatMessage[] = []
  for (const message of messages) {
    guarded.push(await scan.message(message))
    if (scan.blocked !== undefined) break
  }
  return { messages: guarded, findings: scan.findings, blocked: scan.blocked }
}

class PromptScan {
  readonly findings: Finding[] = []
  blocked: Block | undefined
  readonly #policy: Policy
  readonly #signal: AbortSignal
  #sliceEnds = performance.now() + SLICE_MS

  constructor(policy: Policy, signal: AbortSignal) {
    this.#policy = policy
    this.#signal = signal
  }

  async message(message: ChatMessage): Promise<ChatMessage> {
    const { role } = message
    const content =
      typeof message.content === 'string' ? await this.#text(message.content, { role }) : undefined
    const guarded =
      content === undefined ? { ...message } : ({ ...message, content } as ChatMessage)
    if (guarded.role !== 'assistant' || guarded.tool_calls === undefined) return guarded
    const calls = []
    for (const call of guarded.tool_calls) {
      const text = await this.#text(call.function.arguments, { role, channel: 'tool_arguments' })
      calls.push({ ...call, function: { ...call.function, arguments: text } })
    }
    return { ...guarded, tool_calls: calls }
  }

  async #text(text: string, where: Omit<OpenOptions, 'direction'>): Promise<string> {
    const options: OpenOptions = { ...where, direction: 'input' }
    if (this.blocked !== undefined || text === '' || !this.#policy.applies(options)) return text
    const stream = this.#policy.open(options)
    let guarded = ''
    for (let start = 0; start <= text.length; start += SLICE_CHARACTERS) {
      const isLast = start + SLICE_CHARACTERS > text.length
      const pushed = stream.push(text.slice(start, start + SLICE_CHARACTERS))
      guarded += this.#take(pushed)
      if (isLast && this.blocked === undefined) guarded += this.#take(stream.end())
      if (this.blocked !== undefined) return ''
      if (!isLast) await this.#breathe()
    }
    return guarded
  }

  #take(result: {
    text: string
    findings: readonly Finding[]
    blocked?: Block | undefined
  }): string {
    this.findings.push(...result.findings)
    this.blocked ??= result.blocked
    return result.text
  }

  /** Lets others run when this scan had its slice. */
  async #breathe(): Promise<void> {
    if (performance.now() < this.#sliceEnds) return
    await new Promise(setImmediate)
    this.#signal.throwIfAborted()
    this.#sliceEnds = performance.now() + SLICE_MS
  }
}
