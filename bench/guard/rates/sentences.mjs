// The sentences of contact centres that the guard's tests have: ordinary ones, and such with personal values.
import { readFileSync } from 'node:fs'
import { compilePolicy } from '@sluice/guard'
import { concealment } from './measure-rates.mjs'

const FOLDER = new URL('../../../packages/guard/test/corpus/', import.meta.url)

/** @typedef {{ entity: string, value: string }} Value */
/** @typedef {{ text: string, values: readonly Value[] }} Sample each value occurs once in its text */

/** @param {string} name */
const linesOf = (name) => readFileSync(new URL(name, FOLDER), 'utf8').trim().split('\n')

/**
 * Ordinary sentences: those that the recognizers were written with (`standard` is known to alter those of `known.txt`), then
 * those that were written afterwards. @returns {Sample[]}
 */
export function ordinarySentences() {
  return [...fitted(), ...linesOf('unfitted.txt')].map((text) => ({ text, values: [] }))
}

const fitted = () => [...linesOf('ordinary.txt'), ...linesOf('known.txt')]

/** @returns {Sample[]} */
export function personalSentences() {
  return [...samplesOf('personal.jsonl'), ...samplesOf('unfitted.jsonl')]
}

/** @param {string} name @returns {Sample[]} */
function samplesOf(name) {
  return linesOf(name).map((line) => {
    const { text, values } = JSON.parse(line)
    return {
      text,
      values: values.map((/** @type {[string, string]} */ [entity, value]) => ({ entity, value })),
    }
  })
}

/** What each built-in policy does with the sentences that the recognizers were written with, and with the others. */
export function measureSentences() {
  const sets = [
    { written: 'before', ordinary: fitted(), personal: samplesOf('personal.jsonl') },
    {
      written: 'afterwards',
      ordinary: linesOf('unfitted.txt'),
      personal: samplesOf('unfitted.jsonl'),
    },
  ]
  return /** @type {const} */ (['standard', 'strict']).flatMap((name) => {
    const policy = compilePolicy(name)
    return sets.map(({ written, ordinary, personal }) => ({
      policy: name,
      written,
      ordinary: ordinary.length,
      altered: ordinary.filter((text) => policy.scan(text).findings.length > 0).length,
      ...concealments(policy, name === 'standard' ? withoutStrictOnly(personal) : personal),
    }))
  })
}

/** Web and IP addresses are for `strict`. @param {readonly Sample[]} samples */
function withoutStrictOnly(samples) {
  const isForBoth = (/** @type {Value} */ { entity }) => entity !== 'URL' && entity !== 'IP_ADDRESS'
  return samples.map(({ text, values }) => ({ text, values: values.filter(isForBoth) }))
}

/** @param {import('@sluice/guard').Policy} policy @param {readonly Sample[]} samples */
function concealments(policy, samples) {
  const counts = { whole: 0, half: 0, shown: 0 }
  for (const { text, values } of samples) {
    const { findings } = policy.scan(text)
    for (const { value } of values) {
      const start = text.indexOf(value)
      counts[concealment(text, { start, end: start + value.length }, findings)] += 1
    }
  }
  return counts
}
