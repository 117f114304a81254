// The gateway's edge: what is refused before the schema, what the schema says, and that no value is ever repeated.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/dialects/message.ts'
import { RequestReader } from '../../src/dialects/request-reader.ts'
import { GatewayError } from '../../src/errors.ts'

const LIMITS = { maxJsonDepth: 8, maxMessages: 4, maxContentCharacters: 10 }

function read(text: string, limits: object = {}) {
  const options = { ...LIMITS, ...limits }
  return new RequestReader(options).read(parseMessage(Buffer.from(text), options).fields)
}

function refusalOf(message: unknown): GatewayError {
  try {
    read(typeof message === 'string' ? message : JSON.stringify(message))
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('the message was accepted')
}

const user = { role: 'user', content: 'hi' }
const init = (payload: unknown, more: object = {}) => ({ type: 'init', payload, ...more })
const payload = (more: object = {}) => ({ modelId: 'm', messages: [user], ...more })

const REFUSED: readonly (readonly [name: string, message: unknown, code: string, text: string])[] =
  [
    ['no JSON', '{"type":', 'invalid_message', 'The message is not valid JSON'],
    ['an empty message', '', 'invalid_message', 'The message is not valid JSON'],
    ['a list', '[]', 'invalid_message', 'The message is not a JSON object'],
    ['null', 'null', 'invalid_message', 'The message is not a JSON object'],
    ['deep nesting', '['.repeat(9), 'invalid_message', 'nested deeper than 8'],
    [
      'millions of values',
      init(payload({ responseFormat: { enum: Array(200_001).fill(1) } })),
      'invalid_message',
      'The message is made of more than 20000 JSON values',
    ],
    ['no type', {}, 'unknown_type', 'Invalid handshake type'],
    ['another type', { type: 'hello' }, 'unknown_type', 'Invalid handshake type'],
    ['no payload', { type: 'init' }, 'invalid_request', 'payload: '],
    ['a payload that is text', init('x'), 'invalid_request', 'payload: '],
    ['no model', init({ messages: [user] }), 'invalid_request', 'modelId: '],
    ['an empty model', init(payload({ modelId: '' })), 'invalid_request', 'modelId: '],
    ['no messages', init({ modelId: 'm' }), 'invalid_request', 'messages: '],
    ['an empty conversation', init(payload({ messages: [] })), 'invalid_request', 'messages: '],
    ['messages that are no list', init(payload({ messages: {} })), 'invalid_request', 'messages: '],
    [
      'too many messages',
      init(payload({ messages: Array(5).fill(user) })),
      'invalid_request',
      'messages: 5 messages, at most 4',
    ],
    [
      'an unknown role',
      init(payload({ messages: [{ role: 'robot', content: '' }] })),
      'invalid_request',
      'messages.0.role: ',
    ],
    [
      'no content',
      init(payload({ messages: [{ role: 'user' }] })),
      'invalid_request',
      'messages.0.content: ',
    ],
    [
      'long content',
      init(payload({ messages: [user, { ...user, content: 'x'.repeat(11) }] })),
      'invalid_request',
      'messages.1.content: ',
    ],
    [
      'a tool message without its call',
      init(payload({ messages: [{ role: 'tool', content: '' }] })),
      'invalid_request',
      'messages.0.tool_call_id: ',
    ],
    [
      'a temperature below 0',
      init(payload({ temperature: -0.1 })),
      'invalid_request',
      'temperature: ',
    ],
    [
      'a temperature above 2',
      init(payload({ temperature: 2.1 })),
      'invalid_request',
      'temperature: ',
    ],
    [
      'a temperature that is text',
      init(payload({ temperature: '1' })),
      'invalid_request',
      'temperature: ',
    ],
    ['maxTokens of 0', init(payload({ maxTokens: 0 })), 'invalid_request', 'maxTokens: '],
    ['half a token', init(payload({ maxTokens: 1.5 })), 'invalid_request', 'maxTokens: '],
    ['five stops', init(payload({ stop: ['a', 'b', 'c', 'd', 'e'] })), 'invalid_request', 'stop: '],
    [
      'an unknown way to overflow',
      init(payload(), { onOverflow: 'x' }),
      'invalid_request',
      'onOverflow: expected "reject" or "truncate"',
    ],
    [
      'a conversation id that is too long',
      init(payload(), { conversationId: 'x'.repeat(129) }),
      'invalid_request',
      'conversationId: ',
    ],
  ]

describe('RequestReader', () => {
  it.each(REFUSED)('refuses %s', (...[, message, code, text]) => {
    const error = refusalOf(message)
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
    if (code === 'invalid_request') expect(error.message).toMatch(/^Schema validation failed: /)
  })

  it('keeps what it knows and ignores unknown fields', () => {
    const messages = [
      { role: 'developer', content: 'a', name: 'n' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', content: 'b', tool_call_id: 'c' },
    ]
    const known = {
      modelId: 'm',
      messages,
      temperature: 2,
      maxTokens: 1,
      topP: 0,
      seed: 0,
      stop: 'x',
    }
    const asked = read(
      JSON.stringify(
        init({ ...known, unknown: 1 }, { onOverflow: 'truncate', conversationId: 'c' }),
      ),
    )
    expect(asked).toEqual({
      type: 'init',
      payload: known,
      onOverflow: 'truncate',
      conversationId: 'c',
    })
  })

  it('takes content of exactly the limit and no temperature', () => {
    const messages = [{ ...user, content: 'x'.repeat(10) }]
    expect(read(JSON.stringify(init({ modelId: 'm', messages }))).payload.messages).toEqual(
      messages,
    )
  })

  it('lists at most 20 problems and counts the rest', () => {
    const messages = Array.from({ length: 100 }, () => ({ role: 'user' }))
    expect(() => read(JSON.stringify(init(payload({ messages }))), { maxMessages: 500 })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^(?:[^;]+; ){20}and 80 more$/),
      }),
    )
  })

  it('never repeats a value of the message', () => {
    const secret = 'qzSECRETqz'
    const leaf = fc.oneof(fc.constant(secret), fc.double(), fc.boolean(), fc.constant(null))
    const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.record({ a: leaf }))
    const message = fc.record(
      {
        role: value,
        content: value,
        name: value,
        tool_calls: fc.array(value),
        tool_call_id: value,
      },
      { requiredKeys: [] },
    )
    const request = fc.record(
      {
        modelId: value,
        messages: fc.oneof(value, fc.array(message, { maxLength: 4 })),
        temperature: value,
        stop: value,
        tools: fc.array(fc.record({ type: value, function: value })),
        toolChoice: value,
        responseFormat: value,
      },
      { requiredKeys: [] },
    )
    const anyMessage = fc.record({
      type: fc.oneof(fc.constant('init'), value),
      payload: fc.oneof(request, value),
      onOverflow: value,
      conversationId: value,
    })
    fc.assert(
      fc.property(anyMessage, (candidate) => {
        try {
          read(JSON.stringify(candidate))
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError)
          expect((error as Error).message).not.toContain(secret)
          expect((error as Error).message.length).toBeLessThan(10_000)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
