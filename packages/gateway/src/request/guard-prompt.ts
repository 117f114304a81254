/** The guard on the prompt: each message by itself, all in slices, so that a huge prompt does not stall the other streams. */
import type { Block, Finding, OpenOptions, Policy } from '@sluice/guard'
import type { ChatMessage } from '@sluice/protocol'
import type { TimeSlice } from '../time-slice.ts'

/** Characters between two looks at the clock: some milliseconds of the guard's worst case. */
const SLICE_CHARACTERS = 1_024

export interface GuardedPrompt {
  messages: ChatMessage[]
  findings: Finding[]
  blocked: Block | undefined
}

/** Guards every text of a prompt: content and the arguments of tool calls. A block ends the scan. */
export async function guardPrompt(
  messages: readonly ChatMessage[],
  policy: Policy,
  slice: TimeSlice,
): Promise<GuardedPrompt> {
  const scan = new PromptScan(policy, slice)
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
  readonly #slice: TimeSlice

  constructor(policy: Policy, slice: TimeSlice) {
    this.#policy = policy
    this.#slice = slice
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
      if (this.#slice.isOver) await this.#slice.next()
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
}
