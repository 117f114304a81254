/** What the model is told of stand-ins, and what becomes of a request that would need too many. */
import type { Policy, Pseudonyms } from '@sluice/guard'
import type { ChatRequest } from '@sluice/protocol'
import { GatewayError } from '../errors.ts'

/** Names no entity and shows no example: a model may well repeat one. */
const INSTRUCTION =
  'Words of capital letters, underscores and a short code at the end stand for real values. Write each of them exactly as it is, and use it as if it were the value.'

interface InstructionOptions {
  policy: Policy
  /** What was made for the request; undefined where the policy makes none. */
  standIns: Pseudonyms | undefined
}

/**
 * A guarded request with a sentence for the model, if there is a stand-in in it and the policy wants one.
 * @throws GatewayError `input_blocked` if there were more values than stand-ins are made for
 */
export function withInstruction(
  request: ChatRequest,
  { policy, standIns }: InstructionOptions,
): ChatRequest {
  if (standIns === undefined) return request
  if (standIns.isFull) {
    const message = 'The request has too many different personal values to pseudonymize; shorten it'
    throw new GatewayError('input_blocked', message)
  }
  if (standIns.size === 0 || policy.pseudonyms?.instruct !== true) return request
  const [first, ...rest] = request.messages
  // Some models' templates take one system message only, and only as the first.
  if (first?.role === 'system' || first?.role === 'developer') {
    const content = `${first.content}\n\n${INSTRUCTION}`
    return { ...request, messages: [{ ...first, content }, ...rest] }
  }
  return { ...request, messages: [{ role: 'system', content: INSTRUCTION }, ...request.messages] }
}
