/** Follows a completion for one HTTP request: joins the log, the form in which it is written, and the response. */
import { gap } from '../completion/completions.ts'
import type { Subscriber, Subscription } from '../completion/subscription.ts'
import { AnswerResponse, type AnswerResponseOptions } from './answer-response.ts'

/** How an answer is written: as events, or as one object. */
export interface AnswerForm extends Pick<AnswerResponseOptions, 'contentType' | 'filler'> {
  /** Writes what is there and can be written, and ends the response at the terminal. */
  write(subscription: Subscription, response: AnswerResponse): void
}

interface AnswerTarget extends Pick<AnswerResponseOptions, 'headers' | 'response' | 'settings'> {
  /** Resolves when it is the reader's turn on the event loop. */
  turn: () => Promise<void>
}

export class Answer implements Subscriber {
  /** The upstream waits for the one reader. */
  readonly mayMiss = false
  #form: AnswerForm | undefined
  #response: AnswerResponse | undefined

  /** From now on it is written: as it comes, and what a slow reader or a late one has to catch up with in its turns. */
  begin(subscription: Subscription, form: AnswerForm, { turn, ...options }: AnswerTarget): void {
    const { contentType, filler } = form
    this.#form = form
    this.#response = new AnswerResponse({
      ...options,
      contentType,
      filler,
      onDrain: () => {
        if (subscription.isBehind) void turn().then(() => subscription.resume())
      },
      onGone: () => subscription.close(),
    })
    const { log } = subscription.feed
    if (log.first > subscription.cursor + 1) this.#miss(subscription, this.#response)
    else subscription.deliver()
  }

  /** Others took the beginning long ago, and it is not kept any more. */
  #miss(subscription: Subscription, response: AnswerResponse): void {
    response.fail(gap(subscription.feed.log.firstSequence), '')
    subscription.close()
  }

  onFeed(subscription: Subscription): void {
    if (this.#response === undefined) return
    this.#form?.write(subscription, this.#response)
    const { log, terminal } = subscription.feed
    if (terminal !== undefined && subscription.cursor >= log.top) subscription.close()
  }
}
