/**
 * A token-classification model in a folder: `config.json`, `tokenizer.json`, and one file under `onnx/`. Any with BIO labels
 * will do. It computes where it is called: see worker.ts for somewhere else.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import type { Span } from '@sluice/guard'
import { type AggregateOptions, aggregate, type WordScores } from './aggregate.ts'
import { entityByLabel } from './labels.ts'
import { loadRuntime, type Runtime, type Session } from './runtime.ts'
import { type TokenWindow, windowsOf } from './windows.ts'
import { wordsOf } from './words.ts'

export interface ModelOptions {
  folder: string
  /** The model's labels by entity. */
  labels: Readonly<Record<string, readonly string[]>>
  threshold: number
}

/** Tokens of a window: longer ones cost more a token. Two of them are for the marks of begin and end. */
const WINDOW = { size: 254, overlap: 48 }
/** A word has no more tokens; what it has beyond them is not looked at. */
const MAX_WORD_TOKENS = 32

export class Model {
  readonly #tokenizer: Tokenizer
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #entityByLabel: Int32Array
  readonly #options: AggregateOptions
  /** The tokens of begin and end. */
  readonly #ends: readonly [number, number]

  private constructor(parts: Parts, { labels, threshold }: ModelOptions) {
    this.#tokenizer = parts.tokenizer
    this.#runtime = parts.runtime
    this.#session = parts.session
    this.#entityByLabel = entityByLabel(parts.id2label, labels)
    this.#options = { entities: Object.keys(labels), threshold }
    const { ids } = parts.tokenizer.encode('')
    this.#ends = [ids[0] ?? 0, ids.at(-1) ?? 0]
  }

  /** @throws Error that says which file is missing or what to install */
  static async load(options: ModelOptions): Promise<Model> {
    const { folder } = options
    const config = readJson(join(folder, 'config.json')) as { id2label?: Record<string, string> }
    const tokenizer = new Tokenizer(
      readJson(join(folder, 'tokenizer.json')) as object,
      readJson(join(folder, 'tokenizer_config.json')) as object,
    )
    const runtime = await loadRuntime(folder)
    if (runtime.env.wasm !== undefined) runtime.env.wasm.numThreads = 1
    const session = await runtime.InferenceSession.create(readFileSync(onnxFile(folder)), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    })
    return new Model({ tokenizer, runtime, session, id2label: config.id2label ?? {} }, options)
  }

  async spans(text: string): Promise<Span[]> {
    const words = wordsOf(text)
    const tokens = words.map(({ text: word }) => this.#tokensOf(word))
    const scores: WordScores[] = []
    for (const window of windowsOf(
      tokens.map(({ length }) => length),
      WINDOW,
    )) {
      scores.push(...(await this.#judge(tokens, window)))
    }
    return aggregate({ text, words, scores }, this.#options)
  }

  #tokensOf(word: string): readonly number[] {
    return this.#tokenizer.encode(word, { add_special_tokens: false }).ids.slice(0, MAX_WORD_TOKENS)
  }

  /** The scores of the words that a window judges. */
  async #judge(tokens: readonly (readonly number[])[], window: TokenWindow): Promise<WordScores[]> {
    const [begin, end] = this.#ends
    const ids = [begin, ...tokens.slice(window.from, window.to).flat(), end]
    const { data, dims } = await this.#run(ids)
    const labels = dims.at(-1) ?? 0
    const scores: WordScores[] = []
    let at = 1
    for (let word = window.from; word < window.judgedTo; word += 1) {
      const { length } = tokens[word] ?? []
      if (word >= window.judgedFrom) {
        const first = data.subarray(at * labels, (at + length) * labels)
        scores.push(this.#scoresOf(first, labels))
      }
      at += length
    }
    return scores
  }

  async #run(ids: readonly number[]) {
    const shape = [1, ids.length]
    const { Tensor } = this.#runtime
    const values: Readonly<Record<string, (id: number) => bigint>> = {
      input_ids: BigInt,
      attention_mask: () => 1n,
      token_type_ids: () => 0n,
    }
    const feeds = this.#session.inputNames.map((name) => {
      const toValue = values[name] ?? (() => 0n)
      return [name, new Tensor('int64', BigInt64Array.from(ids, toValue), shape)]
    })
    const results = await this.#session.run(Object.fromEntries(feeds))
    const result = results[this.#session.outputNames[0] ?? '']
    if (result === undefined) throw new Error('the model has no output')
    return result
  }

  /** Of a word in pieces the mean counts: a piece by itself may look like anything. */
  #scoresOf(logits: Float32Array, labels: number): WordScores {
    const scores = new Float32Array(this.#options.entities.length)
    const pieces = logits.length / labels
    for (let piece = 0; piece < pieces; piece += 1) {
      const row = logits.subarray(piece * labels, (piece + 1) * labels)
      const most = Math.max(...row)
      let sum = 0
      for (const logit of row) sum += Math.exp(logit - most)
      row.forEach((logit, label) => {
        const entity = this.#entityByLabel[label] ?? -1
        if (entity < 0) return
        scores[entity] = (scores[entity] ?? 0) + Math.exp(logit - most) / sum / pieces
      })
    }
    return scores
  }
}

interface Parts {
  tokenizer: Tokenizer
  runtime: Runtime
  session: Session
  id2label: Readonly<Record<string, string>>
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function onnxFile(folder: string): string {
  const names = readdirSync(join(folder, 'onnx')).filter((name) => name.endsWith('.onnx'))
  const [name] = names.sort()
  if (name === undefined) throw new Error(`no model in ${join(folder, 'onnx')}`)
  return join(folder, 'onnx', name)
}
