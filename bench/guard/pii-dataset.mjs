// How well policy `strict` finds the values of an annotated data set in the format of Presidio's research data: a JSON
// list of texts with spans. Counts only; no text of the set leaves this module.
import { readFileSync } from 'node:fs'
import { compilePolicy } from '@sluice/guard'

const ENTITIES = [
  'CREDIT_CARD',
  'EMAIL_ADDRESS',
  'IBAN_CODE',
  'IP_ADDRESS',
  'PHONE_NUMBER',
  'US_SSN',
]

/**
 * @typedef {{ start_position: number, end_position: number, entity_type: string }} Span
 * @typedef {{ spans: number, concealed: number, asThisEntity: number, unexpected: number }} Count
 */

/** @param {string} file */
export function evaluate(file) {
  /** @type {{ full_text: string, spans: Span[] }[]} */
  const samples = JSON.parse(readFileSync(file, 'utf8'))
  const strict = compilePolicy('strict')
  /** @type {Record<string, Count>} */
  const counts = Object.fromEntries(
    ENTITIES.map((entity) => [entity, { spans: 0, concealed: 0, asThisEntity: 0, unexpected: 0 }]),
  )
  /** @type {Record<string, number>} */
  const others = {}
  for (const { full_text: text, spans } of samples) {
    const { findings } = strict.scan(text)
    for (const span of spans) countSpan(span, findings, counts[span.entity_type])
    for (const finding of findings) {
      const span = spans.find(
        (s) => s.start_position < finding.end && finding.start < s.end_position,
      )
      if (span?.entity_type === finding.entity) continue
      const count = counts[finding.entity]
      if (count !== undefined) count.unexpected += 1
      const key = `${finding.entity} on ${span?.entity_type ?? 'plain text'}`
      others[key] = (others[key] ?? 0) + 1
    }
  }
  return { texts: samples.length, entities: counts, findingsElsewhere: others }
}

/**
 * @param {Span} span
 * @param {readonly import('@sluice/guard').Finding[]} findings
 * @param {Count | undefined} count
 */
function countSpan(span, findings, count) {
  const { start_position: start, end_position: end, entity_type: entity } = span
  if (count === undefined) return
  count.spans += 1
  const inside = findings.filter((finding) => finding.start < end && start < finding.end)
  const covered = new Set()
  for (const finding of inside) {
    for (let at = Math.max(start, finding.start); at < Math.min(end, finding.end); at += 1)
      covered.add(at)
  }
  if (covered.size === end - start) count.concealed += 1
  if (inside.some((finding) => finding.entity === entity)) count.asThisEntity += 1
}
