/** The kinds of texts in a response, and how OpenAI's events speak of each. */

export type PartKind = 'output_text' | 'refusal' | 'reasoning_text' | 'summary_text'

interface PartRow {
  /** The item that it is a part of. */
  type: 'message' | 'reasoning'
  /** The field of the item that has it. */
  list: 'content' | 'summary'
  /** Its own field for the text. */
  field: 'text' | 'refusal'
  /** How the events of its text and of itself begin. */
  textEvents: string
  partEvents: string
  /** What those call its number. */
  number: 'content_index' | 'summary_index'
  /** The inside of the object after its text. */
  rest: string
  /** What an event with its text has besides. */
  textRest: string
}

const IN_CONTENT = {
  list: 'content',
  partEvents: 'response.content_part',
  number: 'content_index',
  rest: '',
  textRest: '',
} as const

export const PARTS: Readonly<Record<PartKind, PartRow>> = {
  output_text: {
    ...IN_CONTENT,
    type: 'message',
    field: 'text',
    textEvents: 'response.output_text',
    rest: ',"annotations":[],"logprobs":[]',
    textRest: ',"logprobs":[]',
  },
  refusal: { ...IN_CONTENT, type: 'message', field: 'refusal', textEvents: 'response.refusal' },
  reasoning_text: {
    ...IN_CONTENT,
    type: 'reasoning',
    field: 'text',
    textEvents: 'response.reasoning_text',
  },
  summary_text: {
    type: 'reasoning',
    list: 'summary',
    field: 'text',
    textEvents: 'response.reasoning_summary_text',
    partEvents: 'response.reasoning_summary_part',
    number: 'summary_index',
    rest: '',
    textRest: '',
  },
}

/** A part as JSON. @param inside its text, as the inside of a JSON string */
export function partJson(kind: PartKind, inside: string): string {
  const { field, rest } = PARTS[kind]
  return `{"type":"${kind}","${field}":"${inside}"${rest}}`
}
