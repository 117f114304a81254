/** How `sluice chat` shows a completion: the answer on standard output, everything about it on standard error. */
import type {
  Acknowledged,
  CompletionEvent,
  Ending,
  SluiceError,
  ToolCallEvent,
} from '@sluice/client'
import { neutralise, paint, printableJson } from './terminal.ts'

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

  acknowledge({ tokenCount, dropped }: Acknowledged): void {
    const left = dropped === 0 ? '' : `, ${dropped} messages left out to fit the context window`
    note('dim', `${neutralise(this.#model)} · ${tokenCount} tokens of prompt${left}`)
  }

  show(event: CompletionEvent): void {
    if (event.type === 'text') this.#text(event.channel === 'reasoning', event.text)
    else if (event.type === 'tool_call') this.#addToCall(event)
    else if (event.type === 'complete') this.#complete(event)
    else if (event.type === 'blocked') this.#blocked(event)
    else if (event.type === 'cancelled') this.#stop(`cancelled by ${event.by}`)
  }

  fail({ message }: SluiceError): void {
    this.#stop(message)
  }

  /** What a terminal has shown cannot be taken back: it is said. */
  #blocked({ reason, retracted }: Ending & { type: 'blocked' }): void {
    const withdrawn = retracted ? '; what was shown above has been withdrawn' : ''
    this.#stop(`blocked by the guard: ${reason}${withdrawn}`)
  }

  #stop(why: string): void {
    this.#endLine()
    note('red', neutralise(why))
  }

  #text(isReasoning: boolean, text: string): void {
    if (isReasoning) this.#reason(text)
    else this.#answer(text)
    this.#firstTextAt ??= performance.now()
  }

  #addToCall({ toolCall: { index, name = '', arguments: json = '' } }: ToolCallEvent): void {
    const known = this.#toolCalls.get(index)
    if (known === undefined && this.#toolCalls.size >= MAX_TOOL_CALLS) return
    const call = known === undefined ? `${name} ${json}` : known + json
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

  #complete({ usage, audit }: Ending & { type: 'complete' }): void {
    const tokenCount = usage.completionTokens
    this.#showToolCalls()
    const now = performance.now()
    const first = this.#firstTextAt ?? now
    const seconds = (now - this.#startedAt) / 1000
    this.#endLine()
    if (audit.piiConcealed) note('yellow', 'the guard concealed personal data in this answer')
    const rate = seconds > 0 ? tokenCount / seconds : 0
    note(
      'dim',
      `first token ${Math.round(first - this.#startedAt)} ms · ${rate.toFixed(1)} tokens/s · ${tokenCount} tokens · ${seconds.toFixed(2)} s`,
    )
  }
}

/** The events as they come, one JSON object a line. */
export class JsonView {
  acknowledge(acknowledged: Acknowledged): void {
    print({ type: 'acknowledged', ...acknowledged })
  }

  show(event: CompletionEvent): void {
    print(event)
  }

  fail({ code, message, retryable, retryAfterMs, requestId }: SluiceError): void {
    print({ type: 'error', code, message, retryable, retryAfterMs, requestId })
  }
}

function print(value: object): void {
  process.stdout.write(`${printableJson(value)}\n`)
}

function note(colour: 'dim' | 'red' | 'yellow' | 'cyan', text: string): void {
  process.stderr.write(`${paint(colour, text, process.stderr)}\n`)
}
