/**
 * What the Bot Connector takes as the answer to an utterance:
 * https://developer.genesys.cloud/commdigital/textbots/botconnector-customer-api-spec
 */

/** A message that the customer sees. */
export interface ReplyMessage {
  type: 'Text'
  text: string
}

export interface BotReply {
  replymessages: ReplyMessage[]
  /** `MOREDATA`: the bot waits for the next utterance. `COMPLETE`: the flow goes on with `intent`. `FAILED`: its failure path. */
  botState: 'MOREDATA' | 'COMPLETE' | 'FAILED'
  intent: string
  /** 0 to 1. */
  confidence: number
}

/** The intent of every reply that ends nothing. A flow sees an intent only when the bot is done. */
const NO_INTENT = 'none'

/** The bot waits for what the customer says next. */
export function goingOn(texts: readonly string[]): BotReply {
  return {
    replymessages: texts.map(message),
    botState: 'MOREDATA',
    intent: NO_INTENT,
    confidence: 1,
  }
}

/** The flow goes on with `intent`. */
export function completeWith(intent: string, texts: readonly string[]): BotReply {
  return { replymessages: texts.map(message), botState: 'COMPLETE', intent, confidence: 1 }
}

/** The flow takes its failure path. */
export function failed(text: string): BotReply {
  return { replymessages: [message(text)], botState: 'FAILED', intent: NO_INTENT, confidence: 0 }
}

function message(text: string): ReplyMessage {
  return { type: 'Text', text }
}
