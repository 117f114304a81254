// How much of what people wrote a detector finds: annotated names and places that it covers, and texts without any in
// which it finds one. Counts only; what finds is the caller's.

import { readFileSync } from 'node:fs'
import { Pseudonyms } from '@sluice/guard'

/** @typedef {{ entity: string, start: number, end: number }} Span */
/** @typedef {{ text: string, spans: readonly Span[] }} Annotated */
/** @typedef {{ spans: number, covered: number, touched: number, clean: number, alarms: number }} Counts */
/** @typedef {{ names: string[], with: string[], clean: string[] }} Templates */

/** @type {Readonly<Record<string, readonly string[]>>} Annotated entities of the data set by what a detector calls them. */
const SAME = { PERSON: ['PERSON'], LOCATION: ['STREET_ADDRESS', 'GPE', 'ZIP_CODE'] }
/** A span counts as covered if so much of it is: a comma at its end is no leak. */
const COVERED = 0.9

/**
 * @param {readonly Annotated[]} texts
 * @param {(text: string) => Promise<readonly Span[]>} detect
 * @returns {Promise<Record<string, Counts>>} by entity
 */
export async function ratesOf(texts, detect) {
  /** @type {Record<string, Counts>} */
  const counts = {}
  for (const entity of Object.keys(SAME))
    counts[entity] = { spans: 0, covered: 0, touched: 0, clean: 0, alarms: 0 }
  for (const { text, spans } of texts) {
    const found = await detect(text)
    for (const [entity, count] of Object.entries(counts)) {
      const annotated = spans.filter((span) => SAME[entity]?.includes(span.entity))
      for (const span of annotated) {
        const share = coveredShare(span, found)
        count.spans += 1
        if (share > 0) count.touched += 1
        if (share >= COVERED) count.covered += 1
      }
      if (annotated.length > 0) continue
      count.clean += 1
      if (found.some((span) => span.entity === entity)) count.alarms += 1
    }
  }
  return counts
}

/** Texts of a conversation, in the order of the set. */
const TURNS = 5

/**
 * In how many conversations any name is missed: a value found in one text is replaced in all, as the gateway does.
 * @param {readonly Annotated[]} texts
 * @param {(text: string) => Promise<readonly Span[]>} detect
 */
export async function missedConversations(texts, detect) {
  const counts = { conversations: 0, missed: 0 }
  for (let at = 0; at < texts.length; at += TURNS) {
    const turns = texts.slice(at, at + TURNS)
    const pseudonyms = new Pseudonyms({ key: new Uint8Array(32), scope: '' })
    const found = await Promise.all(turns.map(({ text }) => detect(text)))
    found.forEach((spans, i) => {
      for (const { entity, start, end } of spans)
        pseudonyms.standInOf(entity, turns[i]?.text.slice(start, end) ?? '')
    })
    const isMissed = turns.some(({ text, spans }, i) => {
      const all = [...(found[i] ?? []), ...pseudonyms.spansIn(text)]
      return spans.some((span) => span.entity === 'PERSON' && coveredShare(span, all) < COVERED)
    })
    counts.conversations += 1
    if (isMissed) counts.missed += 1
  }
  return counts
}

/**
 * @param {Span} span
 * @param {readonly Span[]} found
 */
function coveredShare({ start, end }, found) {
  let covered = 0
  for (let at = start; at < end; at += 1) {
    if (found.some((other) => other.start <= at && at < other.end)) covered += 1
  }
  return covered / (end - start)
}

/**
 * The data set of presidio-research: `full_text`, and `spans` with code point offsets.
 * @param {string} path
 * @returns {(Annotated & { template: number })[]}
 */
export function readDataSet(path) {
  return JSON.parse(readFileSync(path, 'utf8')).map((/** @type {any} */ entry) => {
    const { full_text: text, spans, template_id: template } = entry
    const units = [0]
    for (const character of text) units.push((units.at(-1) ?? 0) + character.length)
    return {
      text,
      template,
      spans: spans.map((/** @type {any} */ span) => ({
        entity: span.entity_type,
        start: units[span.start_position] ?? text.length,
        end: units[span.end_position] ?? text.length,
      })),
    }
  })
}

/**
 * Every template with every third name, and the clean sentences.
 * @param {Templates} templates
 * @returns {Annotated[]}
 */
export function filledTemplates({ names, with: templates, clean }) {
  const filled = templates.flatMap((template, i) =>
    names
      .filter((_, n) => n % 3 === i % 3)
      .map((name) => {
        const start = template.indexOf('{name}')
        const text = template.replace('{name}', name)
        return { text, spans: [{ entity: 'PERSON', start, end: start + name.length }] }
      }),
  )
  return [...filled, ...clean.map((text) => ({ text, spans: [] }))]
}
