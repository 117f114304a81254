// The rates as Markdown, for bench/results/guard-rates.md: each figure beside its target, and a mark where it is missed.
import { runLine, tableOf } from '../table.mjs'

const TARGET_FALSE_ALARMS_PER_MEGABYTE = 0.2

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(2).replace(/\.?0+$/, '')} %`

/** A share with its target; bold with a cross where it is missed. @param {number} share @param {number | undefined} most */
function atMost(share, most) {
  return marked(percent(share), most === undefined || share <= most)
}

/** @param {string} figure @param {boolean} isReached */
const marked = (figure, isReached) => (isReached ? figure : `**${figure}** ✗`)

/** @param {any} results */
export function ratesReport(results) {
  const { samples, seed, clean, speed, comparison } = results
  const sections = [
    '# How often the guard is wrong',
    `${runLine(results)} A cross marks a missed target. The same run pushed every eighth text in random deltas; none gave another result.`,
    "## Random values that are nobody's",
    `Share of ${samples} texts of each kind, from seed ${seed}, that a policy alters.`,
    tableOf(results.harmless, {
      kind: (row) => row.kind,
      standard: (row) => atMost(row.standard, row.targets.standard),
      'at most': (row) => percent(row.targets.standard),
      strict: (row) => atMost(row.strict, row.targets.strict),
      'at most ': (row) =>
        row.targets.strict === undefined ? 'none set' : percent(row.targets.strict),
    }),
    '## Random personal values in usual wrappings',
    `Of ${samples} values of each kind: whole is every letter and digit concealed, half is some of them. Telephone numbers are the examples of 245 countries in libphonenumber-js, with other last digits where they stay valid.`,
    tableOf(
      results.personal.flatMap((/** @type {any} */ row) => [
        { ...row, policy: 'standard', shares: row.standard },
        { ...row, policy: 'strict', shares: row.strict },
      ]),
      {
        kind: (row) => row.kind,
        policy: (row) => row.policy,
        whole: (row) => marked(percent(row.shares.whole), row.shares.whole >= row.targets.whole),
        'at least': (row) => percent(row.targets.whole),
        'half shown': (row) => atMost(row.shares.half, row.targets.half),
        'at most': (row) => percent(row.targets.half),
        'under its name': (row) => percent(row.shares.asThisEntity),
      },
    ),
    '## Sentences of contact centres',
    'Written for this repository (`packages/guard/test/corpus`), in some twenty-five languages, most of them in English. The target is that `standard` alters no ordinary one. The recognizers were written with the first of them at hand (what they alter is kept in `known.txt`); the others came afterwards. Web and IP addresses are values for `strict` alone.',
    tableOf(results.sentences, {
      policy: (row) => row.policy,
      written: (row) => row.written,
      'ordinary sentences altered': (row) =>
        marked(`${row.altered} of ${row.ordinary}`, row.altered === 0 || row.policy !== 'standard'),
      'personal values whole': (row) => `${row.whole} of ${row.whole + row.half + row.shown}`,
      half: (row) => row.half,
      shown: (row) => row.shown,
    }),
    '## Clean text of others, policy `standard`',
    cleanText(clean),
    '## The first text of a process',
    'Prose with values, policy `standard`, in MB for a second of processor time, medians of fresh processes: the first 300 KB, and the same when the code is compiled and the tables are built.',
    tableOf(Object.entries(speed), {
      'text comes in': ([pieces]) => (pieces === 'deltas' ? 'deltas' : 'blocks of 16 K'),
      'cold, MB/s': ([, row]) => row.cold,
      'warm, MB/s': ([, row]) => row.warm,
    }),
  ]
  if (comparison !== undefined) sections.push(comparisonOf(comparison))
  return `${sections.join('\n\n')}\n`
}

/** @param {Awaited<ReturnType<typeof import('./compare-rivals.mjs').compareRivals>>} comparison */
function comparisonOf({ samples, entities, dataSetTexts, cleanBytes, rows }) {
  /** @type {(set: 'sentences' | 'personal' | 'dataSet') => (row: (typeof rows)[number]) => string} */
  const recall = (set) => (row) => {
    const counts = Object.values(row[set])
    const whole = counts.reduce((sum, count) => sum + count.whole, 0)
    return percent(whole / counts.reduce((sum, count) => sum + count.values, 0))
  }
  const dataSet = dataSetTexts === 0 ? {} : { 'recall, data set': recall('dataSet') }
  return [
    '## Beside other libraries',
    `The same texts for all: the sentences, ${samples} of each kind of random text, ${Math.round(cleanBytes / 1000)} KB of the clean text of others${dataSetTexts === 0 ? '' : `, and ${dataSetTexts} texts of Presidio's research data`}. Everything but the second column counts findings of ${entities.join(', ')} alone. Recall: values concealed whole, as whatever. Precision: findings that touch a personal value. Presidio looks for English text with a threshold of 0.35; without a model it has no lemmas, so its context words count less. The others run as they come; where one fails at a text, it has found nothing in it. CPU is the mean over the sentences.`,
    tableOf(rows, {
      engine: (row) => row.name,
      'ordinary sentences altered, all entities': (row) => percent(row.ordinaryAltered),
      'these entities': (row) => percent(row.ordinaryAlteredBySame),
      'random harmless altered': (row) => percent(row.harmlessAlteredBySame),
      'clean text, false alarms a MB': (row) => row.falseAlarmsPerMegabyte,
      precision: (row) => percent(row.precision),
      'recall, sentences': recall('sentences'),
      'recall, random': recall('personal'),
      ...dataSet,
      'CPU a text, us': (row) => row.microsecondsPerText,
    }),
    'Recall by entity, sentences and random values together:',
    tableOf(rows, {
      engine: (row) => row.name,
      ...Object.fromEntries(
        entities.map((entity) => [
          entity,
          (/** @type {(typeof rows)[number]} */ row) => {
            const counts = [row.sentences[entity], row.personal[entity]]
            const whole = counts.reduce((sum, count) => sum + (count?.whole ?? 0), 0)
            return percent(whole / counts.reduce((sum, count) => sum + (count?.values ?? 0), 0))
          },
        ]),
      ),
    }),
  ].join('\n\n')
}

/** @param {{ packages: string[], byKind: Record<string, { bytes: number, falseAlarms: number }>, byEntity: Record<string, number>, authors: number }} clean */
function cleanText({ packages, byKind, byEntity, authors }) {
  const rows = Object.entries(byKind).map(([kind, row]) => ({ kind, ...row }))
  const all = {
    kind: 'all',
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
    falseAlarms: rows.reduce((sum, row) => sum + row.falseAlarms, 0),
  }
  const entities = Object.entries(byEntity).map(([entity, count]) => `${entity} ${count}`)
  return [
    `${packages.join(', ')}. The ${authors} e-mail addresses that end in a usual domain are taken for real ones and not counted. By entity: ${entities.join(', ') || 'none'}.`,
    tableOf([...rows, all], {
      text: (row) => row.kind,
      MB: (row) => (row.bytes / 1e6).toFixed(1),
      'false alarms': (row) => row.falseAlarms,
      'per MB': (row) => {
        const perMegabyte = row.falseAlarms / (row.bytes / 1e6)
        const isReached = perMegabyte <= TARGET_FALSE_ALARMS_PER_MEGABYTE
        return marked(perMegabyte.toFixed(2), isReached)
      },
      'at most': () => TARGET_FALSE_ALARMS_PER_MEGABYTE,
    }),
  ].join('\n\n')
}
