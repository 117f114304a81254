/** The events of a response, as its readers get them. */

export interface ResponseEvent {
  type: string
  sequence_number: number
  delta?: string
  response?: ResponseObject
  item?: OutputItem
}

/** The parts of a response that tests look at. */
export interface ResponseObject {
  id: string
  status: string
  output: OutputItem[]
  error: { code: string; message: string } | null
  incomplete_details: { reason: string } | null
  usage: { input_tokens: number; output_tokens: number; total_tokens: number } | null
  metadata: Record<string, string>
  created_at: number
}

export interface OutputItem {
  id: string
  type: string
  status: string
  content?: { type: string; text?: string; refusal?: string }[]
  summary?: { type: string; text: string }[]
  name?: string
  call_id?: string
  arguments?: string
}

/** The events of a whole stream, each under its own name, which ends as it has to. */
export function responseEvents(body: string): ResponseEvent[] {
  const blocks = body.split('\n\n').filter((text) => text !== '' && !text.startsWith(':'))
  if (blocks.pop() !== 'data: [DONE]') throw new Error('no end')
  return blocks.map((block) => {
    const [, name, data = ''] = /^event: (\S+)\ndata: (\{[^\n]*\})$/.exec(block) ?? []
    const event = JSON.parse(data) as ResponseEvent
    if (event.type !== name) throw new Error(`${name} is called ${event.type}`)
    return event
  })
}

export function numbersOf(events: readonly ResponseEvent[]): number[] {
  return events.map((event) => event.sequence_number)
}

/** The numbers of events without a gap. */
export function from(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

/** The text of an answer, without reasoning and refusals. */
export function textOf({ output }: Pick<ResponseObject, 'output'>): string {
  const parts = output.flatMap((item) => item.content ?? [])
  return parts.map(({ type, text }) => (type === 'output_text' ? text : '')).join('')
}
