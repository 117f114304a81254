// The model table: whose row a name gets, and how the configuration and the profile's default come in.
import { describe, expect, it } from 'vitest'
import { modelTable } from '../../src/request/models.ts'

const tutorial = modelTable({ models: {}, defaultContextWindow: 8_192 })
const anywhere = modelTable({ models: {}, defaultContextWindow: undefined })

const ROWS: readonly (readonly [name: string, contextWindow: number, encoding: string])[] = [
  ['gpt-4-1106-preview', 128_000, 'cl100k_base'],
  ['gpt-3.5-turbo-16k', 16_385, 'cl100k_base'],
  ['gpt-4', 8_192, 'cl100k_base'],
  ['gpt-4-0613', 8_192, 'cl100k_base'],
  ['gpt-4-turbo-2024-04-09', 128_000, 'cl100k_base'],
  ['gpt-4o', 128_000, 'o200k_base'],
  ['gpt-4o-mini-2024-07-18', 128_000, 'o200k_base'],
  ['gpt-4.1-nano', 1_047_576, 'o200k_base'],
  ['gpt-5', 400_000, 'o200k_base'],
  ['o1-mini', 128_000, 'o200k_base'],
  ['o3-pro', 200_000, 'o200k_base'],
  ['claude-sonnet-4-5', 200_000, 'o200k_base'],
  ['llama-3.3:70b', 131_072, 'o200k_base'],
]

describe('modelTable', () => {
  it.each(ROWS)('knows %s', (name, contextWindow, encoding) => {
    expect(tutorial(name)).toMatchObject({ contextWindow, encoding })
    expect(anywhere(name)).toMatchObject({ contextWindow, encoding })
  })

  it.each(['gpt-4x', 'gpt', 'my-gpt-4', 'GPT-4', '', 'o1x'])('does not know %j', (name) => {
    expect(tutorial(name)).toMatchObject({
      contextWindow: 8_192,
      isWindowAssumed: true,
      label: 'other',
    })
    expect(anywhere(name)).toMatchObject({ contextWindow: undefined, label: 'other' })
  })

  it('labels made-up versions of a model with its row: they make no metrics of their own', () => {
    const labels = Array.from({ length: 1_000 }, (_, i) => tutorial(`gpt-4o-${i}`).label)
    expect(new Set(labels)).toEqual(new Set(['gpt-4o']))
    expect(tutorial('gpt-4o-mini-2024-07-18').label).toBe('gpt-4o-mini')
  })

  it('lets reasoning models keep neither sampling parameters nor max_tokens', () => {
    for (const name of ['o1', 'o3-mini', 'o4-mini', 'gpt-5-mini']) {
      expect(tutorial(name)).toMatchObject({
        omit: ['temperature', 'top_p'],
        maxTokensField: 'max_completion_tokens',
      })
    }
    for (const name of ['gpt-4o', 'gpt-5-chat-latest', 'unknown']) {
      expect(tutorial(name)).toMatchObject({ omit: [], maxTokensField: 'max_tokens' })
    }
  })

  it('puts the configuration over the table, field by field, by the exact name', () => {
    const models = { 'gpt-4o': { contextWindow: 1_000 }, own: { omit: ['seed'] } }
    const table = modelTable({ models, defaultContextWindow: undefined })
    expect(table('gpt-4o')).toMatchObject({
      contextWindow: 1_000,
      isWindowAssumed: false,
      encoding: 'o200k_base',
    })
    expect(table('gpt-4o-mini')).toMatchObject({ contextWindow: 128_000 })
    expect(table('own')).toMatchObject({ omit: ['seed'], contextWindow: undefined, label: 'own' })
    expect(table('own-2')).toMatchObject({ omit: [], label: 'other' })
  })

  it.each(['__proto__', 'constructor', 'toString'])('has no row for %s', (name) => {
    expect(tutorial(name).label).toBe('other')
  })
})
