/** A response as one object: when its completion is over, or in the background as soon as it has begun. */
import type { Subscription } from '../../completion/subscription.ts'
import type { AnswerForm } from '../answer.ts'
import type { AnswerResponse } from '../answer-response.ts'
import { failureOf } from '../outcome.ts'
import { openAiError } from '../words.ts'
import { responseOf } from './response-object.ts'

export class ResponseObjectForm implements AnswerForm {
  readonly contentType = 'application/json'
  /** White space before JSON is none of it. */
  readonly filler = ' '
  readonly #isBackground: boolean
  #isWritten = false

  constructor(isBackground: boolean) {
    this.#isBackground = isBackground
  }

  write(subscription: Subscription, response: AnswerResponse): void {
    const { feed } = subscription
    const { terminal, ack, log } = feed
    const isDue = terminal !== undefined || (this.#isBackground && ack !== undefined)
    if (!isDue || this.#isWritten) return
    this.#isWritten = true
    const failure = terminal === undefined ? undefined : failureOf(terminal)
    if (failure === undefined) response.end(responseOf(feed))
    else response.fail(failure, JSON.stringify({ error: openAiError(failure) }))
    if (terminal !== undefined) subscription.cursor = log.top
  }
}
