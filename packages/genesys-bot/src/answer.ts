/** Asks the gateway for the answer to one utterance, and reads it to its end. */
import { type SluiceClient, SluiceError } from '@sluice/client'
import type { Turn } from './conversation-memory.ts'
import { MAX_TEXT_CHARACTERS } from './utterance.ts'

export interface Question {
  modelId: string
  systemPrompt: string
  /** Intents by name, each with when it applies: the model ends the conversation with one of them. */
  intents: Readonly<Record<string, string>>
  maxTokens: number
  turns: readonly Turn[]
  text: string
  conversationId: string
}

export type Answer =
  | { type: 'said'; text: string; intent: string | undefined; requestId: string | undefined }
  | { type: 'blocked'; requestId: string | undefined }

type ChatRequest = Parameters<SluiceClient['complete']>[0]

/** The function that the model calls when the bot is done. */
const FINISH = 'finish_conversation'
/** What is read of an answer; `maxTokens` bounds it already where the upstream honours it. */
const MAX_ANSWER_CHARACTERS = 262_144
const MAX_ARGUMENT_CHARACTERS = 4_096

/** @throws SluiceError where there is no answer; the reason of `signal` when it aborts, which stops the model */
export async function ask(
  client: SluiceClient,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const { conversationId } = question
  const completion = client.complete(requestOf(question), {
    signal,
    conversationId,
    onOverflow: 'truncate',
  })
  let text = ''
  const calls = new Map<number, { name: string; arguments: string }>()
  for await (const event of completion) {
    const { requestId } = completion
    if (event.type === 'text' && event.channel === 'content' && event.choice === 0)
      text = (text + event.text).slice(0, MAX_ANSWER_CHARACTERS)
    else if (event.type === 'tool_call') collect(calls, event.toolCall)
    else if (event.type === 'blocked') return { type: 'blocked', requestId }
    else if (event.type === 'cancelled')
      throw new SluiceError('cancelled', `Cancelled by ${event.by}`, { requestId })
  }
  const intent = intentOf([...calls.values()], question.intents)
  const { requestId } = completion
  if (text.trim() === '' && intent === undefined)
    throw new SluiceError('empty_answer', 'The model said nothing', { requestId })
  return { type: 'said', text, intent, requestId }
}

function requestOf({
  modelId,
  systemPrompt,
  intents,
  maxTokens,
  turns,
  text,
}: Question): ChatRequest {
  const names = Object.keys(intents)
  return {
    modelId,
    maxTokens,
    messages: [
      { role: 'system', content: systemPrompt },
      ...turns.flatMap(({ question, answer }) => [
        { role: 'user' as const, content: question },
        { role: 'assistant' as const, content: answer.slice(0, MAX_TEXT_CHARACTERS) },
      ]),
      { role: 'user', content: text },
    ],
    ...(names.length > 0 && { tools: [finishTool(intents)] }),
  }
}

function finishTool(intents: Readonly<Record<string, string>>) {
  const list = Object.entries(intents).map(([name, when]) => `${name}: ${when}`)
  return {
    type: 'function' as const,
    function: {
      name: FINISH,
      description: `Ends the conversation. Call it as soon as one of these applies. ${list.join('; ')}`,
      parameters: {
        type: 'object',
        properties: { intent: { type: 'string', enum: Object.keys(intents) } },
        required: ['intent'],
        additionalProperties: false,
      },
    },
  }
}

type Calls = Map<number, { name: string; arguments: string }>

function collect(calls: Calls, delta: { index: number; name?: string; arguments?: string }): void {
  const call = calls.get(delta.index) ?? { name: '', arguments: '' }
  calls.set(delta.index, call)
  call.name ||= delta.name ?? ''
  call.arguments = (call.arguments + (delta.arguments ?? '')).slice(0, MAX_ARGUMENT_CHARACTERS)
}

/** The intent of the first call that names one of ours; a model may call what was never offered. */
function intentOf(
  calls: readonly { name: string; arguments: string }[],
  intents: Readonly<Record<string, string>>,
): string | undefined {
  return calls
    .filter(({ name }) => name === FINISH)
    .map((call) => namedIntent(call.arguments))
    .find((intent) => intent !== undefined && Object.hasOwn(intents, intent))
}

function namedIntent(json: string): string | undefined {
  try {
    const { intent } = Object(JSON.parse(json))
    return typeof intent === 'string' ? intent : undefined
  } catch {
    return undefined
  }
}
