// The results as Markdown, for bench/results/guard.md: the only place where the engine's figures are written down.
import { runLine, tableOf } from './table.mjs'

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`

/**
 * @param {any} results
 * @param {ReturnType<typeof import('./pii-dataset.mjs').evaluate> | undefined} pii
 */
export function report(results, pii) {
  const { cost } = results
  const sections = [
    '# The guard, measured',
    `${runLine(results)} Throughput is in characters of one byte per second of processor time, the best of several runs; a delta has 2 to 7 characters.`,
    '## English prose',
    tableOf(results.prose, {
      policy: (row) => row.policy,
      'deltas, MB/s': (row) => row.cleanProse.megabytesPerSecond,
      'us per delta': (row) => row.cleanProse.microsecondsPerPiece,
      'blocks of 16 K, MB/s': (row) => row.cleanProseInBlocks.megabytesPerSecond,
      'with values, MB/s': (row) => row.proseWithValues?.megabytesPerSecond,
      'mean hold': (row) => row.hold.mean,
      p50: (row) => row.hold.p50,
      p90: (row) => row.hold.p90,
      p99: (row) => row.hold.p99,
      'pushes that hold nothing': (row) => percent(row.hold.shareOfPushesThatHoldNothing),
    }),
    '## Texts made to hurt, all entities, in deltas',
    'Milliseconds for a text and for two, four and eight times as much of it, and the factor of the last doubling: 2 is linear.',
    tableOf(results.adversarial, {
      text: (row) => `\`${row.text}\``,
      'MB/s': (row) => row.megabytesPerSecond,
      '1x, 2x, 4x, 8x, ms': (row) => row.timeOfOneTwoFourEightMs.join(', '),
      'last doubling': (row) => row.lastDoubling,
    }),
    'Random digits and separators once more, as many short streams of one new policy: what one builds is of no use to the next.',
    tableOf(results.crowds, {
      'characters a stream': (row) => row.characters,
      'MB/s': (row) => row.megabytesPerSecond,
    }),
    '## Growth with the rules',
    tableOf(results.growth.byTerms, {
      terms: (row) => row.terms,
      'deltas, MB/s': (row) => row.megabytesPerSecond,
      'compile, ms': (row) => row.compileMs,
    }),
    tableOf(results.growth.byEntities, {
      entities: (row) => row.entities,
      'deltas, MB/s': (row) => row.megabytesPerSecond,
    }),
    '## Rivals on the same deltas',
    'Leaked: planted values that can be read in full in what was shown.',
    tableOf(results.rivals, {
      engine: (row) => row.engine,
      leaked: (row) => `${row.leaked} of ${row.planted}`,
      'mean hold': (row) => row.hold.mean,
      'p99 hold': (row) => row.hold.p99,
      'MB/s': (row) => row.megabytesPerSecond,
      'us per delta': (row) => row.microsecondsPerPiece,
    }),
    '## Cost',
    tableOf([cost], {
      'first compile, ms': () => cost.firstCompileMs,
      'second compile, ms': () => cost.secondCompileMs,
      'policy, KB': () => Math.round(cost.policyBytes / 1000),
      'policy after 200 KB of text, KB': () => Math.round(cost.warmPolicyBytes / 1000),
      'stream, bytes': () => Math.round(cost.streamBytes),
      'bundle, KB': () => Math.round(cost.bundle.bytes / 1000),
      'bundle gzip, KB': () => (cost.bundle.gzipBytes / 1000).toFixed(1),
    }),
  ]
  if (pii !== undefined) sections.push(...piiSections(pii))
  return `${sections.join('\n\n')}\n`
}

/** @param {ReturnType<typeof import('./pii-dataset.mjs').evaluate>} pii */
function piiSections(pii) {
  const elsewhere = Object.entries(pii.findingsElsewhere).sort((a, b) => b[1] - a[1])
  return [
    '## An annotated data set that is not ours, policy strict',
    `${pii.texts} synthetic texts of Presidio's research data. Concealed: every character of the span. As this entity: some finding on it has this entity's name. Unexpected: findings where the set has no span of this entity.`,
    tableOf(Object.entries(pii.entities), {
      entity: ([entity]) => entity,
      spans: ([, count]) => count.spans,
      concealed: ([, count]) => `${count.concealed} (${percent(count.concealed / count.spans)})`,
      'as this entity': ([, count]) =>
        `${count.asThisEntity} (${percent(count.asThisEntity / count.spans)})`,
      unexpected: ([, count]) => count.unexpected,
    }),
    'Every kind of disagreement:',
    tableOf(elsewhere, { finding: ([kind]) => kind, times: ([, times]) => times }),
  ]
}
