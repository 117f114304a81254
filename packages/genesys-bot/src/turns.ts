/** One utterance after another: what is asked, what the customer reads, what is remembered. Knows nothing of HTTP. */
import { type SluiceClient, SluiceError } from '@sluice/client'
import { type Answer, ask } from './answer.ts'
import type { BotSettings } from './bot-options.ts'
import { type BotReply, completeWith, failed, goingOn } from './bot-reply.ts'
import { ConversationMemory } from './conversation-memory.ts'
import { splitReply } from './split-reply.ts'
import type { Utterance } from './utterance.ts'

/**
 * How an utterance ended. `answered`, `late`, `blocked` and `unreadable` go on; `complete` and `failed` end the bot's part;
 * `left`: the caller did not wait.
 */
export type TurnOutcome =
  | 'answered'
  | 'complete'
  | 'late'
  | 'blocked'
  | 'unreadable'
  | 'failed'
  | 'left'

export interface TurnReport {
  outcome: TurnOutcome
  /** As Genesys Cloud names it. */
  conversationId: string
  durationMs: number
  /** The completion's name at the gateway, where there was one. */
  requestId?: string | undefined
  /** Why it failed: a code of the gateway or of its client. */
  code?: string | undefined
}

/** What ends a turn early. */
export interface TurnSignals {
  /** Aborts at the deadline. */
  late: AbortSignal
  /** Aborts when the caller is gone. */
  left: AbortSignal
}

type Ended = Omit<TurnReport, 'conversationId' | 'durationMs'> & { reply: BotReply }

export class Turns {
  readonly memory: ConversationMemory
  readonly #client: SluiceClient
  readonly #settings: BotSettings

  constructor(client: SluiceClient, settings: BotSettings) {
    this.#client = client
    this.#settings = settings
    this.memory = new ConversationMemory(settings.memory)
  }

  /** Never throws: what goes wrong is a reply, too. */
  async reply(utterance: Utterance, signals: TurnSignals): Promise<BotReply> {
    const startedAt = performance.now()
    const { reply, ...ended } = await this.#end(utterance, signals)
    const durationMs = Math.round(performance.now() - startedAt)
    this.#settings.onTurn({ ...ended, conversationId: utterance.conversationId, durationMs })
    return reply
  }

  async #end(utterance: Utterance, signals: TurnSignals): Promise<Ended> {
    const { text } = utterance
    const { texts } = this.#settings
    if (text === undefined) return { outcome: 'unreadable', reply: goingOn([texts.unreadable]) }
    try {
      const answer = await this.#ask({ ...utterance, text }, signals)
      const { requestId } = answer
      if (answer.type === 'said') return this.#said(answer, { session: utterance.session, text })
      return { outcome: 'blocked', reply: goingOn([texts.blocked]), requestId }
    } catch (error) {
      return this.#failed(error, signals)
    }
  }

  #ask(utterance: Utterance & { text: string }, { late, left }: TurnSignals): Promise<Answer> {
    const { text, conversationId, session, language } = utterance
    const { modelId, intents, maxTokens, systemPrompt } = this.#settings
    const about = language === undefined ? '' : `\nThe customer's language is ${language}.`
    return ask(
      this.#client,
      {
        modelId,
        intents,
        maxTokens,
        systemPrompt: systemPrompt + about,
        turns: this.memory.turns(session),
        text,
        conversationId,
      },
      AbortSignal.any([late, left]),
    )
  }

  #said(
    { text, intent, requestId }: Answer & { type: 'said' },
    { session, text: question }: { session: string; text: string },
  ): Ended {
    const messages = splitReply(text, this.#settings.reply)
    if (intent === undefined) {
      this.memory.add(session, { question, answer: messages.join('\n\n') })
      return { outcome: 'answered', reply: goingOn(messages), requestId }
    }
    this.memory.forget(session)
    return { outcome: 'complete', reply: completeWith(intent, messages), requestId }
  }

  #failed(error: unknown, { late, left }: TurnSignals): Ended {
    const { texts } = this.#settings
    const reply = failed(texts.failed)
    if (left.aborted) return { outcome: 'left', reply }
    if (late.aborted && this.#client.state.status === 'open')
      return { outcome: 'late', reply: goingOn([texts.late]) }
    if (late.aborted) return { outcome: 'failed', reply, code: 'disconnected' }
    if (!(error instanceof SluiceError)) return { outcome: 'failed', reply, code: 'internal' }
    const { code, requestId } = error
    if (code === 'input_blocked')
      return { outcome: 'blocked', reply: goingOn([texts.blocked]), requestId }
    return { outcome: 'failed', reply, code, requestId }
  }
}
