// The guard beside other libraries on the same texts: what each alters that is nobody's, what it finds, how much of what it
// finds is right, and what a text costs.
import { readFileSync } from 'node:fs'
import { round } from '../measure.mjs'
import { concealment, overlaps, sampleTexts } from './measure-rates.mjs'
import { rivals } from './rival-engines.mjs'
import { ordinarySentences, personalSentences } from './sentences.mjs'
import { isAuthor } from './third-party.mjs'

/** Of each kind of random text. */
const SAMPLES = 60
/** What the guard and at least one rival look for. Findings of other entities are neither right nor wrong here. */
const ENTITIES = ['CREDIT_CARD', 'IBAN_CODE', 'EMAIL_ADDRESS', 'PHONE_NUMBER', 'US_SSN', 'UK_NHS']

/** @typedef {import('./sentences.mjs').Sample} Sample */
/** @typedef {import('./rival-engines.mjs').Found} Found */

/**
 * @param {string | undefined} dataSet a file in the format of Presidio's research data
 * @param {readonly string[]} clean pieces of text without personal data
 */
export async function compareRivals(dataSet, clean) {
  const { harmless, personal } = sampleTexts(SAMPLES)
  const sets = {
    ordinary: ordinarySentences(),
    sentences: personalSentences(),
    harmless,
    personal,
    clean: clean.map((text) => ({ text, values: [] })),
    dataSet: dataSet === undefined ? [] : samplesOf(dataSet),
  }
  const rows = []
  for (const { name, detect } of await rivals()) {
    /** @type {Record<string, readonly (readonly Found[])[]>} */
    const found = {}
    let microseconds = 0
    for (const [set, samples] of Object.entries(sets)) {
      const detected = await detect(samples.map(({ text }) => text))
      found[set] = detected.findings
      if (set === 'ordinary' || set === 'sentences') microseconds += detected.microseconds
    }
    rows.push(rowOf(name, { sets, found, microseconds }))
  }
  const cleanBytes = clean.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return {
    samples: SAMPLES,
    entities: ENTITIES,
    dataSetTexts: sets.dataSet.length,
    cleanBytes,
    rows,
  }
}

/** Spans whose text occurs more than once in theirs are left out: a value is looked up by its text. @param {string} file @returns {Sample[]} */
function samplesOf(file) {
  /** @type {{ full_text: string, spans: { start_position: number, end_position: number, entity_type: string }[] }[]} */
  const entries = JSON.parse(readFileSync(file, 'utf8'))
  return entries.map(({ full_text: text, spans }) => ({
    text,
    values: spans
      .map((span) => ({
        entity: span.entity_type,
        value: text.slice(span.start_position, span.end_position),
      }))
      .filter(({ value }) => text.split(value).length === 2),
  }))
}

/**
 * @param {string} name
 * @param {{ sets: Record<string, readonly Sample[]>, found: Record<string, readonly (readonly Found[])[]>, microseconds: number }} run
 */
function rowOf(name, { sets, found, microseconds }) {
  /** @param {string} set */
  const of = (set) => ({ samples: sets[set] ?? [], found: found[set] ?? [] })
  const own = ['ordinary', 'sentences', 'harmless', 'personal'].map(of)
  const counts = own.map(({ samples, found }) => rightFindings(samples, found))
  const right = counts.reduce((sum, count) => sum + count.right, 0)
  const all = counts.reduce((sum, count) => sum + count.all, 0)
  const timed = (sets.ordinary?.length ?? 0) + (sets.sentences?.length ?? 0)
  return {
    name,
    ordinaryAltered: alteredShare(of('ordinary').found, () => true),
    ordinaryAlteredBySame: alteredShare(of('ordinary').found, isCompared),
    harmlessAlteredBySame: alteredShare(of('harmless').found, isCompared),
    falseAlarmsPerMegabyte: round(falseAlarmsPerMegabyte(of('clean'))),
    sentences: recall(of('sentences')),
    personal: recall(of('personal')),
    dataSet: recall(of('dataSet')),
    precision: all === 0 ? 1 : right / all,
    microsecondsPerText: round(microseconds / timed),
  }
}

/** @param {Found} finding */
const isCompared = ({ entity }) => ENTITIES.includes(entity)

/** @param {readonly (readonly Found[])[]} found @param {(finding: Found) => boolean} counts */
function alteredShare(found, counts) {
  return found.filter((findings) => findings.some(counts)).length / found.length
}

/** Compared findings in clean text, without the addresses of authors. @param {{ samples: readonly Sample[], found: readonly (readonly Found[])[] }} set */
function falseAlarmsPerMegabyte({ samples, found }) {
  let bytes = 0
  let alarms = 0
  samples.forEach(({ text }, i) => {
    bytes += Buffer.byteLength(text)
    alarms += (found[i] ?? [])
      .filter(isCompared)
      .filter(({ entity, start, end }) => !isAuthor(entity, text.slice(start, end))).length
  })
  return alarms / (bytes / 1e6)
}

/** How many of the compared findings touch a personal value. @param {readonly Sample[]} samples @param {readonly (readonly Found[])[]} found */
function rightFindings(samples, found) {
  let right = 0
  let all = 0
  samples.forEach(({ text, values }, i) => {
    const spans = values.map(({ value }) => spanOf(text, value))
    for (const finding of (found[i] ?? []).filter(isCompared)) {
      all += 1
      if (spans.some((span) => overlaps(span, finding))) right += 1
    }
  })
  return { right, all }
}

/**
 * By entity, the share of values of which every letter and digit is concealed, as whatever.
 * @param {{ samples: readonly Sample[], found: readonly (readonly Found[])[] }} set
 */
function recall({ samples, found }) {
  /** @type {Record<string, { values: number, whole: number }>} */
  const counts = {}
  samples.forEach(({ text, values }, i) => {
    for (const { entity, value } of values) {
      if (!ENTITIES.includes(entity)) continue
      counts[entity] ??= { values: 0, whole: 0 }
      const count = counts[entity]
      count.values += 1
      if (concealment(text, spanOf(text, value), found[i] ?? []) === 'whole') count.whole += 1
    }
  })
  return counts
}

/** @param {string} text @param {string} value */
function spanOf(text, value) {
  const start = text.indexOf(value)
  return { start, end: start + value.length }
}
