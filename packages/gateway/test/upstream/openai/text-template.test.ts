import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextTemplate } from '../../../src/upstream/formats/openai/text-template.ts'

const field = 'content'

function chunk(text: string, extra: Record<string, unknown> = {}): string {
  const choices = [{ index: 0, delta: { [field]: text }, finish_reason: null }]
  return JSON.stringify({ id: 'chatcmpl-1', model: 'm', ...extra, choices })
}

function learned(text: string, data: string): TextTemplate {
  const template = new TextTemplate()
  template.learn(data, { choice: 0, channel: 0, field, text })
  return template
}

describe('a template of chunks', () => {
  it('reads what a parser reads, or leaves the chunk to the parser', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 })
    fc.assert(
      fc.property(text, text, fc.string(), (first, second, model) => {
        const template = learned(first, chunk(first, { model }))
        const read = template.read(chunk(second, { model }))
        if (read !== undefined) expect(read).toBe(second)
      }),
    )
  })

  it('reads plain text after one lesson, with and without blanks after colons', () => {
    expect(learned('Hello', chunk('Hello')).read(chunk(' world'))).toBe(' world')
    const spaced = (text: string) => chunk(text).replaceAll('":', '": ')
    expect(learned('Hello', spaced('Hello')).read(spaced(' world'))).toBe(' world')
  })

  it.each([
    ['another id', chunk('x').replace('chatcmpl-1', 'chatcmpl-2')],
    ['a finish reason', chunk('x').replace('null', '"stop"')],
    ['an escape', chunk('a"b')],
    ['a raw control character, which is no JSON', chunk('xAx').replace('A', '\n')],
    ['nothing at all', ''],
    ['empty text', chunk('')],
  ])('leaves a chunk with %s to the parser', (_, data) => {
    expect(learned('Hello', chunk('Hello')).read(data)).toBeUndefined()
  })

  it('learns nothing from text that only looks like the delta', () => {
    const decoy = { model: 'content":"Hello"', note: { content: 'Hello' } }
    const template = learned('Hello', chunk('Hello', decoy))
    expect(template.read(chunk('world', { ...decoy, note: { content: 'world' } }))).toBeUndefined()
  })

  it('reads nothing after it was told to forget', () => {
    const template = learned('Hello', chunk('Hello'))
    template.forget()
    expect(template.read(chunk('world'))).toBeUndefined()
  })
})
