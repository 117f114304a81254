/** Models that differ in what they say. */

import {
  sayChoices,
  sayEcho,
  sayLogprobs,
  sayLong,
  sayLookup,
  sayNothing,
  sayPersonal,
  sayReasoning,
  sayTools,
  sayUnsafe,
} from './answers.ts'
import { addUnknownFields } from './edits.ts'
import type { Scenario } from './scenario.ts'

/** Models that answer as they should, each with something else to say. */
export const spokenModels: readonly Scenario[] = [
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
    summary: 'a long answer of some 1,900 deltas',
    say: sayLong,
  },
  {
    model: 'sandbox-pii',
    imitates: 'tutorial',
    summary: 'test personal data split over deltas: card, SSN, IBAN, email, phone',
    say: sayPersonal,
  },
  {
    model: 'sandbox-unsafe',
    imitates: 'tutorial',
    summary: "the tutorial's blocked terms split over deltas",
    say: sayUnsafe,
  },
  {
    model: 'sandbox-echo',
    imitates: 'tutorial',
    summary: 'your last message; broken bars (¦) in it mark where it is split',
    say: sayEcho,
  },
  {
    model: 'sandbox-tools',
    imitates: 'openai',
    summary: 'two tool calls, their arguments split over deltas',
    say: sayTools,
  },
  {
    model: 'sandbox-lookup',
    imitates: 'openai',
    summary: 'a tool call with the last word of your message, then what the tool said',
    say: sayLookup,
  },
  {
    model: 'sandbox-reasoning',
    imitates: 'openai',
    summary: 'reasoning_content first, then the reply',
    say: sayReasoning,
  },
  {
    model: 'sandbox-choices',
    imitates: 'openai',
    summary: 'n choices (default 2), their deltas mixed',
    say: sayChoices,
  },
  {
    model: 'sandbox-logprobs',
    imitates: 'openai',
    summary: 'logprobs with the raw tokens beside each delta',
    say: sayLogprobs,
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
    say: sayNothing,
  },
  {
    model: 'sandbox-unknown-fields',
    imitates: 'openai',
    summary: 'fields nobody knows in chunk, choice and delta',
    edit: addUnknownFields,
  },
]
