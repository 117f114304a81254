/** What every message of a client goes through before its schema: bounds of nesting and number, then the parser. */
import { ERROR_TEXTS } from '@sluice/protocol'
import { MAX_ISSUES } from '@sluice/protocol/schemas'
import { GatewayError } from '../errors.ts'
import { isJsonObject } from '../json-object.ts'

export interface MessageLimits {
  maxJsonDepth: number
  maxMessages: number
}

/** More than the longest conversation with the most tools has. Parsing and checking more would keep everybody waiting. */
const MAX_JSON_VALUES = 20_000
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

/** A message as an object. @throws GatewayError `invalid_message` */
export function parseMessage(
  text: string,
  { maxJsonDepth: depth }: MessageLimits,
): Record<string, unknown> {
  const excess = excessOf(text, { depth, values: MAX_JSON_VALUES })
  if (excess !== undefined) {
    const limits = {
      depth: `nested deeper than ${depth}`,
      values: `made of more than ${MAX_JSON_VALUES} JSON values`,
    }
    throw new GatewayError('invalid_message', `The message is ${limits[excess]}`)
  }
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw new GatewayError('invalid_message', 'The message is not valid JSON')
  }
  if (isJsonObject(message)) return message
  throw new GatewayError('invalid_message', 'The message is not a JSON object')
}

/** Before the schema, because a schema library describes every problem it finds. @throws GatewayError `invalid_request` */
export function refuseTooManyMessages(payload: unknown, { maxMessages }: MessageLimits): void {
  const messages = (payload as { messages?: unknown } | null | undefined)?.messages
  if (!Array.isArray(messages) || messages.length <= maxMessages) return
  throw invalidRequest(`messages: ${messages.length} messages, at most ${maxMessages}`)
}

interface Issue {
  code?: string
  path: PropertyKey[]
  message: string
}

/** A refusal that says what is wrong: one problem, or those that a schema found. */
export function invalidRequest(problem: string | { issues: readonly Issue[] }): GatewayError {
  const problems = typeof problem === 'string' ? [problem] : problem.issues.map(describeIssue)
  const shown = problems.slice(0, MAX_ISSUES)
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`)
  const isLength = typeof problem !== 'string' && problem.issues.every(isContentLength)
  return new GatewayError('invalid_request', `${ERROR_TEXTS.invalidSchema}: ${shown.join('; ')}`, {
    ...(isLength ? { reason: 'content_bound' as const } : {}),
  })
}

function isContentLength({ code, path: [list, , field] }: Issue): boolean {
  return code === 'too_big' && list === 'messages' && field === 'content'
}

/** A problem's place and reason; the library's reasons name types and limits, never the value. */
function describeIssue(issue: Issue): string {
  const path = issue.path.length === 0 ? 'payload' : issue.path.map(String).join('.')
  return `${path.slice(0, 200)}: ${issue.message}`
}

/** What of JSON text is over its limit, found without parsing it: values are counted by brackets and commas. */
export function excessOf(
  text: string,
  limits: { readonly depth: number; readonly values: number },
): 'depth' | 'values' | undefined {
  let depth = 0
  let values = 0
  let isInString = false
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (isInString) {
      if (code === BACKSLASH) i += 1
      else if (code === QUOTE) isInString = false
    } else if (code === QUOTE) {
      isInString = true
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1
      values += 1
      if (depth > limits.depth) return 'depth'
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1
    } else if (code === COMMA) {
      values += 1
    }
    if (values > limits.values) return 'values'
  }
  return undefined
}
