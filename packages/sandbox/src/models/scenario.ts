/** What a row of the model table may say. The rows are beside this file, the table is `models.ts`. */

import type { Packets, SseFormat } from '../sse.ts'
import type { Say } from './answers.ts'
import type { Edit } from './edits.ts'

/** What a row imitates: the tutorial's contract, Genesys Cloud as it is, OpenAI-compatible servers, or a broken peer. */
export type Imitates = 'tutorial' | 'genesys' | 'openai' | 'fault'

/** One row of the public table. */
export interface SandboxModel {
  model: string
  summary: string
  imitates: Imitates
}

/** An answer that is no completion. */
export interface Refusal {
  status: number
  /** Seconds to wait that a 429 names; default 1. */
  retryAfterSeconds?: number
  /** How a 429 writes them into `Retry-After`; default seconds. */
  retryAfterAs?: 'seconds' | 'date' | 'nothing'
  /** Something else than the error body: a web page, a body with the caller's secrets, another host. */
  as?: 'html' | 'echo' | 'redirect'
}

/** Where an answer breaks off, and how. */
export interface Breakage {
  how: 'reset' | 'stall'
  at: 'before-headers' | 'after-headers' | 'mid-stream'
}

/** A model with its behaviour: five independent choices, each with a plain default. */
export interface Scenario extends SandboxModel {
  /** Refuses the request. */
  refusal?: Refusal
  /** The refusal meets only the first request with the same model and messages. */
  once?: true
  /** What it says; default a contact-centre reply. */
  say?: Say
  /** What is done to the events; default nothing. */
  edit?: Edit
  /** How they are written; default LF, one event a packet. */
  format?: SseFormat
  packets?: Packets
  /** Where the answer breaks off. */
  breakage?: Breakage
  /** Pause before each packet in milliseconds, instead of the option's. */
  intervalMs?: number
  /** Whether usage is reported, whatever the request says. */
  usage?: 'always' | 'never'
  /** A streaming request gets this instead of a stream. */
  instead?: 'json' | 'html'
}
