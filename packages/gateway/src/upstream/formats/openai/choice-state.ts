/** What is kept of a choice from one chunk to the next. */
import type { Thoughts } from './thoughts.ts'
import { ToolCalls } from './tool-calls.ts'

/** Where a choice has its text and its calls. Servers repeat in one place what they say in another. */
export type Place = 'delta' | 'message' | 'text'

/** What is kept of a choice. */
export interface ChoiceState {
  hasRole: boolean
  /** The place that brought something first; the others are not read after it. Whatever a delta has counts. */
  place: Place | undefined
  /** By channel, of a `message`: what it has said so far. */
  told: string[]
  tools: ToolCalls
  /** Its finish reason says that something ended it early. */
  isCut: boolean
  /** Undefined until content was marked as a thought. */
  thoughts: Thoughts | undefined
}

export function newChoice(): ChoiceState {
  return {
    hasRole: false,
    place: undefined,
    told: [],
    tools: new ToolCalls(),
    isCut: false,
    thoughts: undefined,
  }
}

/**
 * What a text of a message adds to what it has said on the channel: a message is the next piece of the text, or all of the
 * text so far.
 */
export function newsOf({ told }: ChoiceState, channel: number, text: string): string {
  const before = told[channel] ?? ''
  const news = text.startsWith(before) ? text.slice(before.length) : text
  told[channel] = before + news
  return news
}
