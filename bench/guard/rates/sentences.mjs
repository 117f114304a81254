// The sentences of contact centres that the guard's tests have: ordinary ones, and such with personal values.
import { readFileSync } from 'node:fs'
import { compilePolicy } from '@sluice/guard'
import { concealment } from './measure-rates.mjs'

const FOLDER = new URL('../../../packages/guard/test/corpus/', import.meta.url)

/** @typedef {{ entity: string, value: string }} Value */
/** @typedef {{ text: string, values: readonly Value[] }} Sample each value occurs once in its text */

/** @param {string} name */
const linesOf = (name) => readFileSync(new URL(name, FOLDER), 'utf8').trim().split('\n')

/** Those that the recognizers were written with, then those that were written afterwards. @returns {Sample[]} */
export function ordinarySentences() {
  return [...linesOf('ordinary.txt'), ...linesOf('unfitted.txt')].map((text) => ({
    text,
    values: [],
  }))
}

/** @returns {Sample[]} */
export function personalSentences() {
  return linesOf('personal.jsonl').map((line) => {
    const { text, values } = JSON.parse(line)
    return {
      text,
      values: values.map((/** @type {[string, string]} */ [entity, value]) => ({ entity, value })),
    }
  })
}

/** How many ordinary sentences each built-in policy alters, and how much of the personal values it finds. */
export function measureSentences() {
  const ordinary = linesOf('ordinary.txt')
  const unfitted = linesOf('unfitted.txt')
  const personal = personalSentences()
  return /** @type {const} */ (['standard', 'strict']).map((name) => {
    const policy = compilePolicy(name)
    /** @param {readonly string[]} texts */
    const alteredOf = (texts) =>
      texts.filter((text) => policy.scan(text).findings.length > 0).length
    const counts = { whole: 0, half: 0, shown: 0 }
    for (const { text, values } of personal) {
      const { findings } = policy.scan(text)
      for (const { value } of values) {
        const start = text.indexOf(value)
        counts[concealment(text, { start, end: start + value.length }, findings)] += 1
      }
    }
    return {
      policy: name,
      ordinary: ordinary.length,
      altered: alteredOf(ordinary),
      unfitted: unfitted.length,
      unfittedAltered: alteredOf(unfitted),
      ...counts,
    }
  })
}
