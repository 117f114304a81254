/** Models that refuse the request: an error body, a web page, a redirect. */

import type { Scenario } from './scenario.ts'

/** Models that answer with something else than a completion. */
export const refusingModels: readonly Scenario[] = [
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
