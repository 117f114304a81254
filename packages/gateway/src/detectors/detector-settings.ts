/** What is configured of a detector: plain data, its secrets read. Where it comes from is config's. */

interface SharedSettings {
  /** The entities that are asked for and taken: others are dropped. */
  entities: readonly string[]
  /** BCP 47. Default: what the detector takes for granted. */
  language: string | undefined
  /** The most time for one text, waiting included, in milliseconds. */
  timeoutMs: number
  /** Windows that are judged at once. */
  concurrency: number
  /** Windows that may wait for that. */
  queue: number
  /** Windows whose spans are remembered for ten minutes. */
  cache: number
}

interface RemoteSettings extends SharedSettings {
  url: string
  headers: Readonly<Record<string, string>>
  /** Sent as a bearer token. */
  apiKey: string | undefined
}

export type DetectorSettings =
  | (RemoteSettings & { kind: 'http' })
  | (RemoteSettings & { kind: 'presidio' })
  | (SharedSettings & {
      kind: 'model'
      folder: string
      /** Threads, each with a copy of the model. */
      workers: number
      /** How likely a word has to be, to be taken for an entity. */
      threshold: number
    })
