// The guard and its rivals behind one small interface: `open()` gives a stream, whose `push(delta)` and `end()` return
// the text to show now and how many units are held back.
import { Redactor } from '@redactpii/node'
import { compilePolicy } from '@sluice/guard'

/** What one finds in many code bases: the usual expressions, joined. */
const UNION = new RegExp(
  [
    /[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/,
    /\b(?:\d[ -]?){12,18}\d\b/,
    /\b\d{3}-\d{2}-\d{4}\b/,
    /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/,
    /(?:\+1[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b/,
    /\bA[KS]IA[A-Z0-9]{16}\b/,
  ]
    .map((expression) => expression.source)
    .join('|'),
  'g',
)
const LABEL = '[REDACTED]'
/** As wide as the widest of the values that are planted, and twice that again. */
const WINDOW = 128

/**
 * @typedef {object} Shown
 * @property {string} text
 * @property {number} held
 * @property {readonly unknown[]} [findings]
 */

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {() => { push: (delta: string) => Shown, end: () => Shown }} open
 */

/** @typedef {(text: string) => string} Redact */

/** @param {string} name @param {import('@sluice/guard').Policy} policy @returns {Engine} */
export function guardEngine(name, policy) {
  return { name, open: () => policy.open({ direction: 'output' }) }
}

/** @type {(name: string, redact: Redact) => Engine} */
const perDelta = (name, redact) => ({
  name,
  open: () => ({
    push: (delta) => ({ text: redact(delta), held: 0 }),
    end: () => ({ text: '', held: 0 }),
  }),
})

/** @type {(name: string, redact: Redact) => Engine} */
const wholeAnswer = (name, redact) => ({
  name,
  open() {
    /** @type {string[]} */
    const parts = []
    let held = 0
    return {
      push(delta) {
        parts.push(delta)
        held += delta.length
        return { text: '', held }
      },
      end: () => ({ text: redact(parts.join('')), held: 0 }),
    }
  },
})

/** Redacts what is in the window, then shows all but its last units. @type {(name: string, redact: Redact) => Engine} */
const slidingWindow = (name, redact) => ({
  name,
  open() {
    let window = ''
    return {
      push(delta) {
        window = redact(window + delta)
        const text = window.slice(0, Math.max(0, window.length - WINDOW))
        window = window.slice(text.length)
        return { text, held: window.length }
      },
      end: () => ({ text: redact(window), held: 0 }),
    }
  },
})

/** @type {Redact} */
const union = (text) => text.replace(UNION, LABEL)
const redactor = new Redactor()
/** @type {Redact} */
const library = (text) => redactor.redact(text)

export const RIVALS = [
  guardEngine('Sluice, policy standard', compilePolicy('standard')),
  guardEngine('Sluice, policy strict', compilePolicy('strict')),
  perDelta('RegExp union on each delta', union),
  slidingWindow(`RegExp union on a sliding window of ${WINDOW}`, union),
  wholeAnswer('RegExp union on the whole answer', union),
  perDelta('@redactpii/node on each delta', library),
  wholeAnswer('@redactpii/node on the whole answer', library),
]
