/**
 * Thoughts that Gemini's endpoint of this form sends as content. A mark beside the text says that it is one; tags may stand
 * around all of them, under the name that the request chose (`thought_tag_marker`), the closing one before the first word
 * of the answer. Tags without a mark are text: a model may write them, and clients that look for them find them.
 */
import { isJsonObject } from '../../../json-object.ts'
import { type Fields, isNothing } from './chunk-fields.ts'

const OPENING = /^<([a-z_]{1,32})>/i

/** Whether the text of a delta, a message or a part is marked as a thought. */
export function isThought(fields: Fields): boolean {
  if (fields.thought === true) return true
  const { extra_content: extra } = fields
  return isJsonObject(extra) && isJsonObject(extra.google) && extra.google.thought === true
}

/** The thoughts of one choice. */
export class Thoughts {
  /** The last text was a thought. */
  isThinking = false
  /** The closing tag that is waited for. */
  #closing: string | undefined

  /** The delta with its marked content as reasoning, and without tags. */
  apart({ thought: _mark, ...delta }: Fields, isMarked: boolean): Fields {
    const { content } = delta
    if (isNothing(content)) return delta
    if (!isMarked) return { ...delta, content: this.#answer(content) }
    if (!isNothing(delta.reasoning_content) || !isNothing(delta.reasoning)) return delta
    if (typeof content !== 'string') return { ...delta, content: null, reasoning_content: content }
    return { ...delta, ...this.#thought(content) }
  }

  #thought(text: string): Fields {
    const tag = this.isThinking ? null : OPENING.exec(text)
    this.isThinking = true
    if (tag !== null) this.#closing = `</${tag[1]}>`
    const inside = text.slice(tag?.[0].length ?? 0)
    const { length } = this.#closing ?? ''
    const end = this.#closing === undefined ? -1 : inside.indexOf(this.#closing)
    if (end === -1) return { reasoning_content: inside, content: '' }
    this.#close()
    return { reasoning_content: inside.slice(0, end), content: inside.slice(end + length) }
  }

  #answer(content: unknown): unknown {
    const closing = this.#closing
    this.#close()
    const isClosed = closing !== undefined && typeof content === 'string'
    return isClosed && content.startsWith(closing) ? content.slice(closing.length) : content
  }

  /** Thoughts may begin again. */
  #close(): void {
    this.#closing = undefined
    this.isThinking = false
  }
}
