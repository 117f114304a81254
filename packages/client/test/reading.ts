// What a reader of a completion sees: the texts as they would stand on a page, and how it ended.
import { type Completion, SluiceError } from '../src/index.ts'

export class Reading {
  text = ''
  reasoning = ''
  toolCalls: { id: string; name: string; arguments: string }[] = []
  isRetracted = false
  /** The type of the last event, `detached`, or `error:` and the code; undefined while it runs. */
  end: string | undefined
  readonly done: Promise<void>

  constructor(completion: Completion) {
    this.done = this.#read(completion)
  }

  async #read(completion: Completion): Promise<void> {
    try {
      for await (const event of completion) {
        if (event.type === 'text' && event.choice === 0) this.#add(event.channel, event.text)
        else if (event.type === 'tool_call' && event.choice === 0) {
          const { index, id = '', name = '', arguments: json = '' } = event.toolCall
          const call = this.toolCalls[index] ?? { id: '', name: '', arguments: '' }
          this.toolCalls[index] = {
            id: call.id + id,
            name: call.name + name,
            arguments: call.arguments + json,
          }
        } else if (event.type === 'blocked' && event.retracted) {
          this.text = ''
          this.isRetracted = true
        }
        if (['complete', 'blocked', 'cancelled'].includes(event.type)) this.end = event.type
      }
      this.end ??= 'detached'
    } catch (error) {
      this.end = error instanceof SluiceError ? `error:${error.code}` : String(error)
    }
  }

  #add(channel: string, text: string): void {
    if (channel === 'content') this.text += text
    if (channel === 'reasoning') this.reasoning += text
  }
}
