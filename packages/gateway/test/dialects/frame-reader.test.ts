// What a client of dialect 2 reads when a frame of its own is refused.
import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../src/dialects/dialect-2/frame-reader.ts'

const LIMITS = { maxJsonDepth: 32, maxMessages: 512, maxContentCharacters: 4_096 }

describe('a frame that is refused', () => {
  it.each([
    [{ type: 'cancel' }, 'cancel: expected an id or a requestId'],
    [{ type: 'cancel', id: '' }, 'id: '],
    [{ type: 'detach' }, 'id: '],
    [{ type: 'init', id: '1' }, 'payload: '],
    [{ type: 'init', id: '1', payload: {} }, 'payload.modelId: '],
    [{ type: 'resume', id: '1', requestId: 'r', after: -1 }, 'after: '],
  ])('says where: %j', (fields, where) => {
    const reader = new FrameReader(LIMITS)
    expect(() => reader.check(fields)).toThrow(`Schema validation failed: ${where}`)
  })
})
