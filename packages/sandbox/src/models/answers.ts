/** What a model says, as steps: who gains which part of a delta. How it becomes chunks and bytes is decided elsewhere. */

import { type ChatRequest, lastUserText } from '../chat-request.ts'
import {
  longText,
  personalText,
  pieces,
  replyFor,
  tokens,
  unicodeText,
  unsafeText,
} from './replies.ts'

/** One step of an answer. */
export interface Step {
  /** Which choice gains it; default 0. */
  index?: number
  delta: Record<string, unknown>
  /** Sent beside the delta. */
  logprobs?: object
}

/** A whole answer. */
export interface Answer {
  steps: Step[]
  /** Number of choices; default 1. */
  choices?: number
  /** Default `stop`. */
  finishReason?: string
}

/** Makes the answer of a model to a request; the seed varies the texts. */
export type Say = (request: ChatRequest, seed: number) => Answer

/** Longest text that is echoed, in UTF-16 units. */
const maxEchoLength = 65_536
const maxChoices = 8

const content = (text: string): Step => ({ delta: { content: text } })
const speak = (deltas: string[]): Answer => ({ steps: deltas.map(content) })

/** A contact-centre reply. */
export const sayReply: Say = (request, seed) => speak(tokens(replyFor(lastUserText(request), seed)))

/** Always the same few words. */
export const sayShort: Say = () => speak(tokens('Of course, I am happy to help you with that.'))

/** About 1,900 deltas. */
export const sayLong: Say = () => speak(tokens(longText(4)))

/** Personal data, split over deltas. */
export const sayPersonal: Say = () => speak(pieces(personalText, 3))

/** Blocked terms, split over deltas. */
export const sayUnsafe: Say = () => speak(pieces(unsafeText, 3))

/** Characters of several bytes. */
export const sayUnicode: Say = () => speak(pieces(unicodeText, 5))

/** The last user message: one delta for each part between broken bars (¦), or for each four characters if it has none. */
export const sayEcho: Say = (request) => {
  const text = lastUserText(request).slice(0, maxEchoLength)
  return speak(text.includes('¦') ? text.split('¦').filter((part) => part !== '') : pieces(text, 4))
}

/** Nothing but a role and empty deltas. */
export const sayNothing: Say = () => ({ steps: [{ delta: {} }, content('')] })

/** A thought, then the reply. */
export const sayReasoning: Say = (request, seed) => {
  const thought =
    'The customer wants a quick answer. I check the order first, then I explain the next step.'
  const thinking = tokens(thought).map((text): Step => ({ delta: { reasoning_content: text } }))
  return { steps: [...thinking, ...sayReply(request, seed).steps] }
}

/** As many choices as `n` asks for (default 2, at most 8), their deltas mixed. */
export const sayChoices: Say = (request, seed) => {
  const choices = Math.min(Math.max(Math.floor(request.choices ?? 2), 1), maxChoices)
  const texts = Array.from({ length: choices }, (_, index) =>
    tokens(`Choice ${index + 1}: ${replyFor(lastUserText(request), seed + index)}`),
  )
  const longest = Math.max(...texts.map((text) => text.length))
  const rounds = Array.from({ length: longest }, (_, round) =>
    texts.flatMap((text, index): Step[] => {
      const delta = text[round]
      return delta === undefined ? [] : [{ index, delta: { content: delta } }]
    }),
  )
  return { steps: rounds.flat(), choices }
}

/** Two calls of the first tool, their arguments split over deltas; the plain reply once a tool has answered. */
export const sayTools: Say = (request, seed) => {
  if (request.messages.at(-1)?.role === 'tool') return sayReply(request, seed)
  const name = request.firstTool ?? 'lookup_order'
  const calls = ['A-10234', 'A-10235'].flatMap((orderId, index) =>
    toolCall(index, name, { orderId, details: true }),
  )
  return { steps: calls, finishReason: 'tool_calls' }
}

/** A call of the first tool with the last word of the user's message; once a tool has answered, what it said. */
export const sayLookup: Say = (request) => {
  const last = request.messages.at(-1)
  if (last?.role === 'tool') return speak(pieces(`I found ${last.content}.`, 3))
  const query = lastUserText(request).trim().split(/\s+/).at(-1)
  const steps = toolCall(0, request.firstTool ?? 'lookup_order', { query })
  return { steps, finishReason: 'tool_calls' }
}

function toolCall(index: number, name: string, parameters: object): Step[] {
  const step = (call: object): Step => ({ delta: { tool_calls: [{ index, ...call }] } })
  return [
    step({ id: `call_sandbox_${index}`, type: 'function', function: { name, arguments: '' } }),
    ...pieces(JSON.stringify(parameters), 5).map((part) => step({ function: { arguments: part } })),
  ]
}

/** The reply with the raw tokens in `logprobs`. */
export const sayLogprobs: Say = (request, seed) => {
  const deltas = tokens(replyFor(lastUserText(request), seed))
  return {
    steps: deltas.map((token) => ({
      ...content(token),
      logprobs: { content: [logprob(token)], refusal: null },
    })),
  }
}

function logprob(token: string): object {
  return { token, logprob: -0.02, bytes: [...Buffer.from(token)], top_logprobs: [] }
}
