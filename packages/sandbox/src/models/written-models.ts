/** Models that say the usual but write it unusually: every form of an event stream, every kind of packet. */

import { sayShort, sayUnicode } from './answers.ts'
import { dropDone } from './edits.ts'
import type { Scenario } from './scenario.ts'

/** Models that are sound but written in an unusual form. */
export const writtenModels: readonly Scenario[] = [
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
    edit: dropDone,
    format: { openEnd: true },
  },
  {
    model: 'sandbox-byte-by-byte',
    imitates: 'fault',
    summary: 'one byte a packet',
    say: sayUnicode,
    packets: 'byte',
    intervalMs: 0,
  },
  {
    model: 'sandbox-utf8-split',
    imitates: 'fault',
    summary: 'packets that end inside a character',
    say: sayUnicode,
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
    say: sayShort,
    packets: 'drip',
  },
]
