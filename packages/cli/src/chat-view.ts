/** How `sluice chat` shows a completion: the answer on standard output, everything about it on standard error. */
import type { ChunkFrame, Frame, ToolCallPart } from './frame.ts'
import { neutralise, paint } from './terminal.ts'

/** Tool calls that are shown, and the characters kept of each. */
const MAX_TOOL_CALLS = 128
const MAX_CALL_LENGTH = 65_536

export class ChatView {
  readonly #startedAt = performance.now()
  readonly #model: string
  #firstTextAt: number | undefined
  /** What the line that is being written holds. */
  #line: 'nothing' | 'reasoning' | 'answer' = 'nothing'
  /** Reasoning that came after the answer began: the guard holds its last word until the choice finishes. */
  #lateReasoning = ''
  readonly #toolCalls = new Map<number, string>()

  constructor(model: string) {
    this.#model = model
  }

  show(frame: Frame): void {
    if (frame.type === 'chunk') this.#chunk(frame)
    else if (frame.type === 'complete') this.#complete(frame.tokenCount, frame.isFiltered)
    else if (frame.type === 'handshake_ack') this.#acknowledge(frame.tokenCount, frame.dropped)
    else if (frame.type === 'blocked') this.#stop(`blocked by the guard: ${frame.reason}`)
    else if (frame.type === 'error') this.#stop(frame.reason)
  }

  #acknowledge(tokenCount: number, dropped: number): void {
    const left = dropped === 0 ? '' : `, ${dropped} messages left out to fit the context window`
    note('dim', `${neutralise(this.#model)} · ${tokenCount} tokens of prompt${left}`)
  }

  #stop(why: string): void {
    this.#endLine()
    note('red', neutralise(why))
  }

  #chunk({ reasoning, answer, toolCalls, isFinish }: ChunkFrame): void {
    if (reasoning !== '') this.#reason(reasoning)
    if (answer !== '') this.#answer(answer)
    if (reasoning + answer !== '') this.#firstTextAt ??= performance.now()
    for (const part of toolCalls) this.#addToCall(part)
    if (isFinish) this.#showToolCalls()
  }

  #addToCall({ index, text }: ToolCallPart): void {
    const known = this.#toolCalls.get(index)
    if (known === undefined && this.#toolCalls.size >= MAX_TOOL_CALLS) return
    const call = known === undefined ? `${text} ` : known + text
    this.#toolCalls.set(index, call.slice(0, MAX_CALL_LENGTH))
  }

  #reason(text: string): void {
    if (this.#line === 'answer') {
      this.#lateReasoning = (this.#lateReasoning + text).slice(0, MAX_CALL_LENGTH)
      return
    }
    process.stderr.write(paint('dim', neutralise(text), process.stderr))
    this.#line = 'reasoning'
  }

  #answer(text: string): void {
    if (this.#line === 'reasoning') process.stderr.write('\n')
    process.stdout.write(neutralise(text))
    this.#line = 'answer'
  }

  #endLine(): void {
    if (this.#line === 'answer') process.stdout.write('\n')
    if (this.#line === 'reasoning') process.stderr.write('\n')
    if (this.#lateReasoning !== '') note('dim', neutralise(this.#lateReasoning))
  }

  /** Whole, because a call makes sense only when its arguments are complete. */
  #showToolCalls(): void {
    for (const call of this.#toolCalls.values()) note('cyan', `tool call: ${neutralise(call)}`)
    this.#toolCalls.clear()
  }

  #complete(tokenCount: number, isFiltered: boolean): void {
    const now = performance.now()
    const first = this.#firstTextAt ?? now
    const seconds = (now - this.#startedAt) / 1000
    this.#endLine()
    if (isFiltered) note('yellow', 'the guard concealed personal data in this answer')
    const rate = seconds > 0 ? tokenCount / seconds : 0
    note(
      'dim',
      `first token ${Math.round(first - this.#startedAt)} ms · ${rate.toFixed(1)} tokens/s · ${tokenCount} tokens · ${seconds.toFixed(2)} s`,
    )
  }
}

function note(colour: 'dim' | 'red' | 'yellow' | 'cyan', text: string): void {
  process.stderr.write(`${paint(colour, text, process.stderr)}\n`)
}
