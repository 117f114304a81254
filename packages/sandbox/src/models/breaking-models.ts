/** Models whose answer breaks off, ends badly or holds something wrong. */

import {
  breakJson,
  dropDone,
  errorInside,
  insertHuge,
  onlyError,
  textAfterFinish,
  truncate,
} from './edits.ts'
import type { Scenario } from './scenario.ts'

/** Models whose answer is broken. */
export const breakingModels: readonly Scenario[] = [
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
    edit: truncate,
  },
  {
    model: 'sandbox-no-done',
    imitates: 'openai',
    summary: 'a finish reason but no [DONE]',
    edit: dropDone,
  },
  {
    model: 'sandbox-invalid-json',
    imitates: 'fault',
    summary: 'an event with broken JSON',
    edit: breakJson,
  },
  {
    model: 'sandbox-huge-event',
    imitates: 'fault',
    summary: 'an event of 10 MB',
    edit: insertHuge,
  },
  {
    model: 'sandbox-error-event',
    imitates: 'openai',
    summary: 'an error object in the middle of a stream with status 200',
    edit: errorInside,
  },
  {
    model: 'sandbox-error-first',
    imitates: 'openai',
    summary: 'an error object as the only event of a stream with status 200',
    edit: onlyError,
  },
  {
    model: 'sandbox-text-after-finish',
    imitates: 'fault',
    summary: 'more text after the finish reason',
    edit: textAfterFinish,
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
