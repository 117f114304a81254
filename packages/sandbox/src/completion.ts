/** Composes the answer to a chat request: the model's words or the recorded ones, as a stream, as JSON or as a web page. */

import type { ChatRequest } from './chat-request.ts'
import { type ChunkHead, chunksOf, completionOf, doneMark, type Usage } from './chunks.ts'
import type { Delivery } from './delivery.ts'
import { type Dialect, htmlPage } from './failures.ts'
import type { Internals } from './internals.ts'
import { sayReply } from './models/answers.ts'
import type { Scenario } from './models/scenario.ts'
import { encodeStream } from './sse.ts'

/** What an answer is made from. */
export interface Composition {
  /** Identifies the completion. */
  id: string
  dialect: Dialect
  request: ChatRequest
  scenario: Scenario
  internals: Internals
}

/** The answer to a chat request, ready to be delivered. */
export function compose(composition: Composition): Delivery {
  const { request, scenario, internals } = composition
  const { breakage, intervalMs = internals.settings.deltaIntervalMs } = scenario
  const content = contentOf(request.stream ? (scenario.instead ?? 'stream') : 'json', composition)
  return { ...content, intervalMs, breakage }
}

type Content = Pick<Delivery, 'contentType' | 'packets'>

function contentOf(form: 'stream' | 'json' | 'html', composition: Composition): Content {
  switch (form) {
    case 'stream':
      return { contentType: 'text/event-stream', packets: streamPackets(composition) }
    case 'json':
      return { contentType: 'application/json', packets: halves(wholeCompletion(composition)) }
    case 'html':
      return { contentType: 'text/html', packets: halves(htmlPage('Sign in')) }
  }
}

function streamPackets(composition: Composition): Buffer[] {
  const { edit, format, packets } = composition.scenario
  const events = eventsOf(composition)
  return encodeStream(edit === undefined ? events : edit(events), format, packets)
}

function wholeCompletion(composition: Composition): string {
  return JSON.stringify(completionOf(eventsOf(composition), headOf(composition)))
}

/** The data of all events, before anything is done to them. */
function eventsOf(composition: Composition): string[] {
  const { request, scenario, internals } = composition
  if (internals.replay !== undefined) return [...internals.replay]
  const answer = (scenario.say ?? sayReply)(request, internals.settings.seed)
  const usage = reportsUsage(composition) ? usageOf(request, answer.steps.length) : undefined
  const chunks = chunksOf(answer, headOf(composition), usage)
  return [...chunks.map((chunk) => JSON.stringify(chunk)), doneMark]
}

function headOf({ id, request, internals }: Composition): ChunkHead {
  const created = Math.floor(internals.settings.now() / 1000)
  return { id: `chatcmpl-${id}`, model: request.model, created }
}

/** A stream reports usage when it is asked to; a whole completion always does, as with OpenAI. */
function reportsUsage({ request, scenario, dialect, internals }: Composition): boolean {
  if (scenario.usage !== undefined) return scenario.usage === 'always'
  if (dialect === 'genesys' && !internals.settings.tutorialUsage) return false
  return request.includeUsage || !request.stream
}

/** A rough count: four characters a token for the prompt, a delta a token for the answer. */
function usageOf(request: ChatRequest, completionTokens: number): Usage {
  const promptTokens = Math.ceil(JSON.stringify(request.messages).length / 4)
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** Two packets, so that an answer which is no stream can break off in its middle, too. */
function halves(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const middle = Math.ceil(bytes.length / 2)
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}
