/** The models of the sandbox as one table: what each says, how it is written, and what goes wrong. All of it is data. */

import * as answers from './answers.ts'
import * as edits from './edits.ts'
import type { Packets, SseFormat } from './sse.ts'

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
  say?: answers.Say
  /** What is done to the events; default nothing. */
  edit?: edits.Edit
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

const spoken: Scenario[] = [
  {
    model: 'sandbox-default',
    imitates: 'tutorial',
    summary: 'a contact-centre reply that fits the prompt',
  },
  {
    model: 'sandbox-fast',
    imitates: 'tutorial',
    summary: 'the same without any pause',
    intervalMs: 0,
  },
  {
    model: 'sandbox-slow',
    imitates: 'tutorial',
    summary: 'the same at 300 ms a delta',
    intervalMs: 300,
  },
  {
    model: 'sandbox-long',
    imitates: 'tutorial',
    summary: 'a long answer of some 2,800 deltas',
    say: answers.sayLong,
  },
  {
    model: 'sandbox-pii',
    imitates: 'tutorial',
    summary: 'test personal data split over deltas: card, SSN, IBAN, email, phone',
    say: answers.sayPersonal,
  },
  {
    model: 'sandbox-unsafe',
    imitates: 'tutorial',
    summary: "the tutorial's blocked terms split over deltas",
    say: answers.sayUnsafe,
  },
  {
    model: 'sandbox-echo',
    imitates: 'tutorial',
    summary: 'your last message; broken bars (¦) in it mark where it is split',
    say: answers.sayEcho,
  },
  {
    model: 'sandbox-tools',
    imitates: 'openai',
    summary: 'two tool calls, their arguments split over deltas',
    say: answers.sayTools,
  },
  {
    model: 'sandbox-reasoning',
    imitates: 'openai',
    summary: 'reasoning_content first, then the reply',
    say: answers.sayReasoning,
  },
  {
    model: 'sandbox-choices',
    imitates: 'openai',
    summary: 'n choices (default 2), their deltas mixed',
    say: answers.sayChoices,
  },
  {
    model: 'sandbox-logprobs',
    imitates: 'openai',
    summary: 'logprobs with the raw tokens beside each delta',
    say: answers.sayLogprobs,
  },
  {
    model: 'sandbox-usage',
    imitates: 'openai',
    summary: 'a usage chunk without choices, asked for or not',
    usage: 'always',
  },
  { model: 'sandbox-no-usage', imitates: 'openai', summary: 'never a usage chunk', usage: 'never' },
  {
    model: 'sandbox-role-only',
    imitates: 'openai',
    summary: 'a role, empty deltas and a finish reason, no text',
    say: answers.sayNothing,
  },
  {
    model: 'sandbox-unknown-fields',
    imitates: 'openai',
    summary: 'fields nobody knows in chunk, choice and delta',
    edit: edits.addUnknownFields,
  },
]

const refusing: Scenario[] = [
  { model: 'sandbox-400', imitates: 'genesys', summary: '400', refusal: { status: 400 } },
  {
    model: 'sandbox-401-once',
    imitates: 'genesys',
    summary: '401 once for each prompt, then an answer',
    refusal: { status: 401 },
    once: true,
  },
  { model: 'sandbox-403', imitates: 'genesys', summary: '403', refusal: { status: 403 } },
  { model: 'sandbox-404', imitates: 'genesys', summary: '404', refusal: { status: 404 } },
  {
    model: 'sandbox-408-once',
    imitates: 'genesys',
    summary: '408 once for each prompt, then an answer',
    refusal: { status: 408 },
    once: true,
  },
  { model: 'sandbox-413', imitates: 'genesys', summary: '413', refusal: { status: 413 } },
  { model: 'sandbox-422', imitates: 'genesys', summary: '422', refusal: { status: 422 } },
  {
    model: 'sandbox-429-once',
    imitates: 'genesys',
    summary: '429 with Retry-After: 1 once for each prompt, then an answer',
    refusal: { status: 429 },
    once: true,
  },
  {
    model: 'sandbox-429-date',
    imitates: 'genesys',
    summary: '429 with Retry-After as a date two seconds ahead, once for each prompt',
    refusal: { status: 429, retryAfterSeconds: 2, retryAfterAs: 'date' },
    once: true,
  },
  {
    model: 'sandbox-429-none',
    imitates: 'genesys',
    summary: '429 without Retry-After, once for each prompt',
    refusal: { status: 429, retryAfterAs: 'nothing' },
    once: true,
  },
  {
    model: 'sandbox-429-absurd',
    imitates: 'genesys',
    summary: '429 with a Retry-After of a year',
    refusal: { status: 429, retryAfterSeconds: 31_536_000 },
  },
  {
    model: 'sandbox-429-always',
    imitates: 'genesys',
    summary: '429 with Retry-After: 1, always',
    refusal: { status: 429 },
  },
  {
    model: 'sandbox-500-once',
    imitates: 'genesys',
    summary: '500 once for each prompt, then an answer',
    refusal: { status: 500 },
    once: true,
  },
  { model: 'sandbox-500', imitates: 'genesys', summary: '500', refusal: { status: 500 } },
  {
    model: 'sandbox-502-once',
    imitates: 'fault',
    summary: '502 with a web page once for each prompt, then an answer',
    refusal: { status: 502, as: 'html' },
    once: true,
  },
  {
    model: 'sandbox-502',
    imitates: 'fault',
    summary: '502 with a web page',
    refusal: { status: 502, as: 'html' },
  },
  {
    model: 'sandbox-503-once',
    imitates: 'genesys',
    summary: '503 once for each prompt, then an answer',
    refusal: { status: 503 },
    once: true,
  },
  { model: 'sandbox-503', imitates: 'genesys', summary: '503', refusal: { status: 503 } },
  {
    model: 'sandbox-504-once',
    imitates: 'genesys',
    summary: '504 once for each prompt, then an answer',
    refusal: { status: 504 },
    once: true,
  },
  { model: 'sandbox-504', imitates: 'genesys', summary: '504', refusal: { status: 504 } },
  {
    model: 'sandbox-redirect',
    imitates: 'fault',
    summary: '302 to another host',
    refusal: { status: 302, as: 'redirect' },
  },
  {
    model: 'sandbox-echo-secrets',
    imitates: 'fault',
    summary: '400 whose body repeats the Authorization header and the prompt',
    refusal: { status: 400, as: 'echo' },
  },
]

const breaking: Scenario[] = [
  {
    model: 'sandbox-reset-before-headers',
    imitates: 'fault',
    summary: 'connection reset before the headers',
    breakage: { how: 'reset', at: 'before-headers' },
  },
  {
    model: 'sandbox-reset-after-headers',
    imitates: 'fault',
    summary: 'connection reset after the headers',
    breakage: { how: 'reset', at: 'after-headers' },
  },
  {
    model: 'sandbox-reset-mid-stream',
    imitates: 'fault',
    summary: 'connection reset in the middle of the text',
    breakage: { how: 'reset', at: 'mid-stream' },
  },
  {
    model: 'sandbox-stall-before-headers',
    imitates: 'fault',
    summary: 'silence instead of headers',
    breakage: { how: 'stall', at: 'before-headers' },
  },
  {
    model: 'sandbox-stall-after-headers',
    imitates: 'fault',
    summary: 'silence after the headers',
    breakage: { how: 'stall', at: 'after-headers' },
  },
  {
    model: 'sandbox-stall-mid-stream',
    imitates: 'fault',
    summary: 'silence in the middle of the text',
    breakage: { how: 'stall', at: 'mid-stream' },
  },
  {
    model: 'sandbox-truncated',
    imitates: 'fault',
    summary: 'a clean end in the middle: no finish reason, no [DONE]',
    edit: edits.truncate,
  },
  {
    model: 'sandbox-no-done',
    imitates: 'openai',
    summary: 'a finish reason but no [DONE]',
    edit: edits.dropDone,
  },
  {
    model: 'sandbox-invalid-json',
    imitates: 'fault',
    summary: 'an event with broken JSON',
    edit: edits.breakJson,
  },
  {
    model: 'sandbox-huge-event',
    imitates: 'fault',
    summary: 'an event of 10 MB',
    edit: edits.insertHuge,
  },
  {
    model: 'sandbox-error-event',
    imitates: 'openai',
    summary: 'an error object in the middle of a stream with status 200',
    edit: edits.errorInside,
  },
  {
    model: 'sandbox-error-first',
    imitates: 'openai',
    summary: 'an error object as the only event of a stream with status 200',
    edit: edits.onlyError,
  },
  {
    model: 'sandbox-text-after-finish',
    imitates: 'fault',
    summary: 'more text after the finish reason',
    edit: edits.textAfterFinish,
  },
  {
    model: 'sandbox-html-200',
    imitates: 'fault',
    summary: 'a web page with status 200',
    instead: 'html',
  },
  {
    model: 'sandbox-json-200',
    imitates: 'openai',
    summary: 'one JSON completion although a stream was asked for',
    instead: 'json',
  },
]

const written: Scenario[] = [
  {
    model: 'sandbox-lf',
    imitates: 'openai',
    summary: 'lines end in LF',
    format: { newline: '\n' },
  },
  {
    model: 'sandbox-crlf',
    imitates: 'openai',
    summary: 'lines end in CRLF',
    format: { newline: '\r\n' },
  },
  {
    model: 'sandbox-cr',
    imitates: 'openai',
    summary: 'lines end in CR',
    format: { newline: '\r' },
  },
  {
    model: 'sandbox-bom',
    imitates: 'openai',
    summary: 'the stream starts with a byte order mark',
    format: { bom: true },
  },
  {
    model: 'sandbox-comments',
    imitates: 'openai',
    summary: 'comments, event, id, retry and unknown fields between the data',
    format: { comments: true },
  },
  {
    model: 'sandbox-multiline-data',
    imitates: 'openai',
    summary: 'each event over several data lines, no space after the colon',
    format: { multiline: true },
  },
  {
    model: 'sandbox-no-final-blank-line',
    imitates: 'fault',
    summary: 'the finish reason is the last event and has no line ending; no [DONE]',
    edit: edits.dropDone,
    format: { openEnd: true },
  },
  {
    model: 'sandbox-byte-by-byte',
    imitates: 'fault',
    summary: 'one byte a packet',
    say: answers.sayUnicode,
    packets: 'byte',
    intervalMs: 0,
  },
  {
    model: 'sandbox-utf8-split',
    imitates: 'fault',
    summary: 'packets that end inside a character',
    say: answers.sayUnicode,
    packets: 'character-halves',
  },
  {
    model: 'sandbox-packed',
    imitates: 'fault',
    summary: 'eight events a packet',
    packets: 'eight-events',
  },
  {
    model: 'sandbox-drip',
    imitates: 'fault',
    summary: 'a short answer, 24 bytes a packet',
    say: answers.sayShort,
    packets: 'drip',
  },
]

/** Every model with its behaviour. */
export const scenarios: readonly Scenario[] = [...spoken, ...refusing, ...breaking, ...written]

/** Every model of the sandbox, for lists. */
export const sandboxModels: readonly SandboxModel[] = scenarios.map(
  ({ model, summary, imitates }) => ({ model, summary, imitates }),
)

const byName = new Map(scenarios.map((scenario) => [scenario.model, scenario]))

/** The behaviour behind a model's name; a name that does not claim to be ours behaves like `sandbox-default`. */
export function scenarioFor(model: string): Scenario | undefined {
  return byName.get(model.startsWith('sandbox-') ? model : 'sandbox-default')
}
