/**
 * What the Bot Connector sends, as far as it is used:
 * https://developer.genesys.cloud/commdigital/textbots/botconnector-customer-api-spec
 */

export interface Utterance {
  /** `genesysConversationId`; the gateway audits it. */
  conversationId: string
  /** The bot's session: a conversation may come back to the bot with a new one. */
  session: string
  /** Undefined: the customer sent something that is no text, or none that is short enough. */
  text: string | undefined
  /** As in `en-us`; undefined where it is none. */
  language: string | undefined
}

/** Longest text of one message, in UTF-16 code units: the tutorial's limit, which a gateway before Genesys Cloud has. */
export const MAX_TEXT_CHARACTERS = 4_096

/** Genesys Cloud's own ids are UUIDs. 128 characters is what the gateway takes. */
const ID = /^[\w.:@-]{1,128}$/
const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i

/** Undefined for what no Bot Connector sends. */
export function readUtterance(body: string): Utterance | undefined {
  const { genesysConversationId, botSessionId, inputMessage, languageCode } = fieldsOf(parse(body))
  if (!isId(genesysConversationId) || inputMessage === undefined) return undefined
  if (botSessionId !== undefined && !isId(botSessionId)) return undefined
  return {
    conversationId: genesysConversationId,
    session: `${genesysConversationId}/${botSessionId ?? ''}`,
    text: textOf(fieldsOf(inputMessage).text),
    language:
      typeof languageCode === 'string' && LANGUAGE.test(languageCode) ? languageCode : undefined,
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text.length > 0 && text.length <= MAX_TEXT_CHARACTERS ? text : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
