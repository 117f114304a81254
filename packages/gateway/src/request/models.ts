/**
 * The model table: context window, encoding and peculiarities of a model by its name. Context windows and encodings of
 * OpenAI's models are those of gpt-tokenizer's model data (from OpenAI's model pages); the other vendors' encodings are
 * not public, so their tokens are counted with the nearest one.
 */
import type { EncodingName } from '../tokens/encoding.ts'
import type { ModelParameters } from '../upstream/target.ts'

export interface Model extends ModelParameters {
  /** Tokens of prompt and answer together; undefined: unknown, not checked. */
  contextWindow: number | undefined
  /** Neither configuration nor table know the window: it is the profile's default. */
  isWindowAssumed: boolean
  encoding: EncodingName
  /**
   * What metrics and logs call it: its name in the configuration or its row in the table, else `other`. So a client that
   * makes names up (`gpt-4o-1`, `gpt-4o-2`, ...) makes no labels.
   */
  label: string
}

/** What a configuration may say of a model; what it leaves out comes from the table. */
export interface ModelSettings {
  contextWindow?: number | undefined
  encoding?: EncodingName | undefined
  omit?: string[] | undefined
  maxTokensField?: ModelParameters['maxTokensField'] | undefined
}

/** The label of a model that neither the configuration nor the table knows. */
export const OTHER_MODEL = 'other'

const CHAT: ModelParameters = { omit: [], maxTokensField: 'max_tokens' }
/** OpenAI's reasoning models refuse sampling parameters and `max_tokens`. */
const REASONING: ModelParameters = {
  omit: ['temperature', 'top_p'],
  maxTokensField: 'max_completion_tokens',
}

type Row = [
  prefix: string,
  contextWindow: number,
  encoding: EncodingName,
  parameters: ModelParameters,
]

/** A name matches the longest row that is its prefix up to a `-`, `.`, `:` or its end: dated versions share a row. */
const ROWS: readonly Row[] = [
  ['gpt-3.5-turbo', 16_385, 'cl100k_base', CHAT],
  ['gpt-3.5-turbo-16k', 16_385, 'cl100k_base', CHAT],
  ['gpt-4', 8_192, 'cl100k_base', CHAT],
  ['gpt-4-32k', 32_768, 'cl100k_base', CHAT],
  ['gpt-4-turbo', 128_000, 'cl100k_base', CHAT],
  ['gpt-4-1106-preview', 128_000, 'cl100k_base', CHAT],
  ['gpt-4-0125-preview', 128_000, 'cl100k_base', CHAT],
  ['gpt-4.1', 1_047_576, 'o200k_base', CHAT],
  ['gpt-4.1-mini', 1_047_576, 'o200k_base', CHAT],
  ['gpt-4.1-nano', 1_047_576, 'o200k_base', CHAT],
  ['gpt-4.5-preview', 128_000, 'o200k_base', CHAT],
  ['gpt-4o', 128_000, 'o200k_base', CHAT],
  ['gpt-4o-mini', 128_000, 'o200k_base', CHAT],
  ['chatgpt-4o-latest', 128_000, 'o200k_base', CHAT],
  ['gpt-5', 400_000, 'o200k_base', REASONING],
  ['gpt-5-mini', 400_000, 'o200k_base', REASONING],
  ['gpt-5-nano', 400_000, 'o200k_base', REASONING],
  ['gpt-5-chat-latest', 128_000, 'o200k_base', CHAT],
  ['gpt-5.1-chat-latest', 128_000, 'o200k_base', CHAT],
  ['gpt-5.2-chat-latest', 128_000, 'o200k_base', CHAT],
  ['gpt-5.3-chat-latest', 128_000, 'o200k_base', CHAT],
  ['gpt-5.4', 1_050_000, 'o200k_base', REASONING],
  ['gpt-5.4-mini', 400_000, 'o200k_base', REASONING],
  ['gpt-5.4-nano', 400_000, 'o200k_base', REASONING],
  ['gpt-5.5', 1_050_000, 'o200k_base', REASONING],
  ['gpt-oss', 131_072, 'o200k_base', CHAT],
  ['o1', 200_000, 'o200k_base', REASONING],
  ['o1-mini', 128_000, 'o200k_base', REASONING],
  ['o1-preview', 128_000, 'o200k_base', REASONING],
  ['o3', 200_000, 'o200k_base', REASONING],
  ['o3-mini', 200_000, 'o200k_base', REASONING],
  ['o4-mini', 200_000, 'o200k_base', REASONING],
  ['claude-3', 200_000, 'o200k_base', CHAT],
  ['claude-opus-4', 200_000, 'o200k_base', CHAT],
  ['claude-sonnet-4', 200_000, 'o200k_base', CHAT],
  ['claude-haiku-4', 200_000, 'o200k_base', CHAT],
  ['gemini-2.0', 1_048_576, 'o200k_base', CHAT],
  ['gemini-2.5', 1_048_576, 'o200k_base', CHAT],
  ['mistral-large', 131_072, 'o200k_base', CHAT],
  ['mistral-small', 131_072, 'o200k_base', CHAT],
  ['llama-3.1', 131_072, 'o200k_base', CHAT],
  ['llama-3.3', 131_072, 'o200k_base', CHAT],
  ['deepseek-chat', 131_072, 'o200k_base', CHAT],
  ['deepseek-reasoner', 131_072, 'o200k_base', CHAT],
]

const BY_LENGTH = [...ROWS].sort((a, b) => b[0].length - a[0].length)

export interface ModelTableOptions {
  /** Models of the configuration, by their exact name. */
  models: Readonly<Record<string, ModelSettings>>
  /** The window of a model that neither names; undefined: not checked. */
  defaultContextWindow: number | undefined
}

/** The model table as a function of a name. */
export function modelTable(options: ModelTableOptions): (name: string) => Model {
  const own = new Map(Object.entries(options.models))
  return (name) => {
    const settings = own.get(name)
    const row = BY_LENGTH.find(([prefix]) => isVersionOf(name, prefix))
    const [
      prefix = OTHER_MODEL,
      contextWindow = options.defaultContextWindow,
      encoding = 'cl100k_base',
      parameters = CHAT,
    ] = row ?? []
    return {
      contextWindow: settings?.contextWindow ?? contextWindow,
      isWindowAssumed: settings?.contextWindow === undefined && row === undefined,
      encoding: settings?.encoding ?? encoding,
      omit: settings?.omit ?? parameters.omit,
      maxTokensField: settings?.maxTokensField ?? parameters.maxTokensField,
      label: settings === undefined ? prefix : name,
    }
  }
}

function isVersionOf(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false
  return name.length === prefix.length || '-.:@'.includes(name.charAt(prefix.length))
}
