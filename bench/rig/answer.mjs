// One answer as a client sees it: whether each piece is right, and when it came.
import { paceOf, textOf } from './stream-plan.mjs'

/** @typedef {import('./stream-plan.mjs').StreamPlan} StreamPlan */

/** Follows one answer, from the moment it is constructed. */
export class Answer {
  #seed
  #expected
  #paceMs
  #leaveHalfway
  #position = 0
  #isLeft = false
  #lastAt = performance.now()
  /** @type {number[]} */
  #lateMs = []

  /**
   * @param {StreamPlan} plan
   * @param {() => void} [leaveHalfway] called once when half of the text is there; nothing is expected after it
   */
  constructor(plan, leaveHalfway) {
    this.#seed = plan.seed
    this.#expected = textOf(plan)
    this.#paceMs = paceOf(plan)
    this.#leaveHalfway = leaveHalfway
  }

  /**
   * Takes the next piece of text.
   * @param {string} text
   * @throws {Error} when it is not what follows in the expected answer
   */
  add(text) {
    if (text === '' || this.#isLeft) return
    if (!this.#expected.startsWith(text, this.#position)) {
      throw new Error(`stream ${this.#seed}: wrong text at character ${this.#position}`)
    }
    this.#position += text.length
    const now = performance.now()
    this.#lateMs.push(now - this.#lastAt - this.#paceMs)
    this.#lastAt = now
    if (this.#leaveHalfway && this.#position >= this.#expected.length / 2) {
      this.#isLeft = true
      this.#leaveHalfway()
    }
  }

  /**
   * Call it where the stream says that it is over.
   * @throws {Error} when text is missing
   */
  finish() {
    if (this.#position === this.#expected.length) return
    const total = this.#expected.length
    throw new Error(`stream ${this.#seed}: ended at ${this.#position} of ${total} characters`)
  }

  /** Whether this client left halfway. */
  get isLeft() {
    return this.#isLeft
  }

  /** How much later than the upstream's pace the first text came, in milliseconds; NaN before it. */
  get firstLateMs() {
    return this.#lateMs[0] ?? Number.NaN
  }

  /** How much longer than the upstream's pace each wait between two pieces of text was, in milliseconds. */
  get gapsLateMs() {
    return this.#lateMs.slice(1)
  }
}
