/** The body of `POST /v1/chat/completions`: OpenAI's request, as our own and what else it says. */
import type { ChatRequest } from '@sluice/protocol'
import { openAiNames } from '@sluice/protocol/schemas'
import { invalidRequest } from '../dialects/message.ts'
import type { RequestReader } from '../dialects/request-reader.ts'
import { isJsonObject } from '../json-object.ts'

/** What a client asked for. */
export interface ChatBody {
  request: ChatRequest
  /** The answer is to come as events, else as one object. */
  isStream: boolean
  /** A last chunk is to say how many tokens it was. */
  wantsUsage: boolean
}

/** @throws GatewayError `invalid_request` */
export function readChatBody(body: Record<string, unknown>, reader: RequestReader): ChatBody {
  const { model, stream, stream_options: options, ...fields } = body
  refuseLogprobs(fields)
  const isStream = flag('stream', stream)
  const wantsUsage =
    isJsonObject(options) && flag('stream_options.include_usage', options.include_usage)
  const wanted = Object.entries(fields).filter(([field, value]) => !asksForNothing(field, value))
  const request = reader.check(
    { ...Object.fromEntries(wanted), modelId: model },
    { whole: 'body', fields: { ...openAiNames(fields), modelId: 'model' } },
  )
  return { request, isStream, wantsUsage }
}

/** The form of an answer has no place for them: they repeat it, token by token, past the guard. */
function refuseLogprobs({ logprobs, top_logprobs: alternatives }: Record<string, unknown>): void {
  for (const [field, value] of Object.entries({ logprobs, top_logprobs: alternatives })) {
    if (value !== undefined && value !== null && value !== false && value !== 0)
      throw invalidRequest(`${field}: log probabilities are not given here; leave it out`)
  }
}

/** What clients send that is as good as leaving it out. */
function asksForNothing(field: string, value: unknown): boolean {
  if (field === 'modalities') return Array.isArray(value) && String(value) === 'text'
  if (field === 'messages') return false
  const isEmpty = isJsonObject(value) && Object.keys(value).length === 0
  return isEmpty || (Array.isArray(value) && value.length === 0)
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  throw invalidRequest(`${name}: expected true or false`)
}
