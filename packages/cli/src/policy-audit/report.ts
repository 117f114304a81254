/** The result of an audit as a table for people and as JSON for programs. */
import { neutralise, paint } from '../terminal.ts'
import { keyOf, type Tally, type TallyRow } from './tally.ts'

export interface AuditResult {
  readonly tally: Tally
  /** The policy that it is compared with. */
  readonly other: Tally | undefined
  files: number
  /** Files of a folder that are no texts. */
  readonly skipped: string[]
  bytes: number
  /** Texts that only the first policy changes, and only the other one. */
  onlyFirst: number
  onlyOther: number
}

export function jsonOf({ tally, other, files, skipped, bytes, ...only }: AuditResult) {
  const compared =
    other === undefined
      ? {}
      : { diff: { ...jsonOfTally(other), ...only, rows: rowsOfDiff(tally, other) } }
  return { files, skippedFiles: skipped.length, bytes, ...jsonOfTally(tally), ...compared }
}

function jsonOfTally({ policy, texts, touched, observed, blocked, rows }: Tally) {
  return {
    policy: { name: policy.name, hash: policy.hash },
    texts,
    touched,
    observed,
    blocked,
    findings: rows,
  }
}

interface DiffRow {
  readonly entity: string
  readonly action: string
  readonly ruleId: string
  readonly findings: readonly [first: number, other: number]
  readonly texts: readonly [first: number, other: number]
}

/** The rows in which the two policies differ. */
function rowsOfDiff(tally: Tally, other: Tally): DiffRow[] {
  const first = new Map(tally.rows.map((row) => [keyOf(row), row]))
  const second = new Map(other.rows.map((row) => [keyOf(row), row]))
  return [...new Map([...first, ...second])].flatMap(([key, { entity, action, ruleId }]) => {
    const [a, b] = [first.get(key), second.get(key)]
    const findings = [a?.findings ?? 0, b?.findings ?? 0] as const
    const texts = [a?.texts ?? 0, b?.texts ?? 0] as const
    const isSame = findings[0] === findings[1] && texts[0] === texts[1]
    return isSame ? [] : [{ entity, action, ruleId, findings, texts }]
  })
}

export function* reportOf(result: AuditResult): Generator<string> {
  const { tally, other, files, skipped, bytes } = result
  yield `policy    ${neutralise(tally.policy.name)} (${tally.policy.hash})`
  yield `read      ${counted(tally.texts, 'text')} in ${counted(files, 'file')}, ${sizeOf(bytes)}`
  if (skipped.length > 0)
    yield `skipped   ${counted(skipped.length, 'file')} that ${skipped.length === 1 ? 'is' : 'are'} no text in UTF-8`
  yield* summaryOf(tally)
  if (tally.rows.length > 0) yield ''
  yield* tableOf(
    ['entity', 'action', 'rule', 'findings', 'texts', 'share', 'shapes'],
    rowsOf(tally),
  )
  if (other !== undefined) yield* diffOf(result, other)
}

function* summaryOf({ touched, observed, blocked, texts }: Tally): Generator<string> {
  const colour = touched === 0 ? 'green' : 'yellow'
  yield `touched   ${paint(colour, `${counted(touched, 'text')}, ${shareOf(touched, texts)}`, process.stdout)}`
  if (blocked > 0)
    yield `blocked   ${counted(blocked, 'text')}, what follows the match was not looked at`
  if (observed > 0) yield `observed  ${counted(observed, 'text')}, found and left as they are`
}

function rowsOf({ rows, texts }: Tally): string[][] {
  return rows.map((row: TallyRow) => [
    ...namesOf(row),
    String(row.findings),
    String(row.texts),
    shareOf(row.texts, texts),
    row.shapes.join('   '),
  ])
}

function* diffOf({ tally, onlyFirst, onlyOther }: AuditResult, other: Tally): Generator<string> {
  const [first, second] = [neutralise(tally.policy.name), neutralise(other.policy.name)]
  yield ''
  yield `compared  with ${second} (${other.policy.hash})`
  yield* summaryOf(other)
  yield `only      ${first} touches ${counted(onlyFirst, 'text')}, ${second} ${counted(onlyOther, 'text')}`
  const rows = rowsOfDiff(tally, other)
  if (rows.length === 0) return
  yield ''
  yield* tableOf(
    ['entity', 'action', 'rule', `findings: ${first}`, second, `texts: ${first}`, second],
    rows.map((row) => [...namesOf(row), ...row.findings.map(String), ...row.texts.map(String)]),
  )
}

function namesOf({ entity, action, ruleId }: Pick<TallyRow, 'entity' | 'action' | 'ruleId'>) {
  return [neutralise(entity), action, neutralise(ruleId)]
}

/** Columns as wide as they need to be; numbers to the right. */
function* tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Generator<string> {
  if (rows.length === 0) return
  const widths = head.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)),
  )
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const width = widths[i] ?? 0
        return /^[\d.]+( %)?$/.test(rows[0]?.[i] ?? '') ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  yield paint('bold', lineOf(head), process.stdout)
  for (const row of rows) yield lineOf(row)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function shareOf(count: number, of: number): string {
  return `${((count / of) * 100).toFixed(1)} %`
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}
