/** What detectors find in the messages of a request: all texts are given to them before the guard begins with the first. */
import type { OpenOptions, Policy, Role, Span } from '@sluice/guard'
import type { ChatMessage } from '@sluice/protocol'
import { type JudgeOptions, judge } from '../detectors/judge.ts'
import { plainTextOf } from './plain-text.ts'

export type Where = Pick<OpenOptions, 'role' | 'channel'>

export interface DetectTextsOptions extends JudgeOptions {
  /** Roles that are trusted of this client, beside the policy's. */
  trustedRoles?: readonly Role[] | undefined
}

/** What was found in a text of a message; undefined for one that no detector looks at. */
export type SpansOf = (text: string, where: Where) => readonly Span[] | undefined

interface MessageText {
  text: string
  where: Where
}

/**
 * Asks about each text of the messages once, however often it occurs: their content, and the arguments of tool calls.
 * @throws GatewayError `overloaded`: see judge.ts
 */
export async function detectTexts(
  messages: readonly ChatMessage[],
  policy: Policy,
  options: DetectTextsOptions,
): Promise<SpansOf> {
  const { trustedRoles } = options
  const found = new Map<string, readonly Span[]>()
  const asked = new Map<string, Promise<void>>()
  for (const { text, where } of messages.flatMap(textsOf)) {
    const key = keyOf(text, where)
    const detection = policy.detection({ ...where, direction: 'input', trustedRoles })
    if (detection === undefined || text.trim() === '' || asked.has(key)) continue
    const plain = plainTextOf(text)
    const judged = judge(detection, plain.text, options)
    asked.set(
      key,
      judged.then((spans) => void found.set(key, plain.written(spans))),
    )
  }
  await Promise.all(asked.values())
  return (text, where) => found.get(keyOf(text, where))
}

function textsOf(message: ChatMessage): MessageText[] {
  const { role, content } = message
  const texts: MessageText[] = []
  if (typeof content === 'string') texts.push({ text: content, where: { role } })
  if (message.role !== 'assistant') return texts
  for (const { function: called } of message.tool_calls ?? [])
    texts.push({ text: called.arguments, where: { role, channel: 'tool_arguments' } })
  return texts
}

function keyOf(text: string, { role, channel = 'content' }: Where): string {
  return `${role} ${channel} ${text}`
}
