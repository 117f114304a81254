/** Reads `.env`, and refuses what its parser would skip in silence: a line that sets nothing, a quote without an end. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { GatewayError } from '../errors.ts'

/** A name, the equals sign, and what follows it on the line. */
const ASSIGNMENT = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/
const QUOTES = ['"', "'", '`']

/**
 * The variables of a file. A byte-order mark and either kind of line end are as good as none.
 * @throws GatewayError `configuration` with the number of each broken line, never its text: it may hold a secret
 */
export function readDotEnv(path: string): Record<string, string> {
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  const problems = problemsOf(text)
  if (problems.length > 0) {
    const lines = problems.map(([line, problem]) => `${path}: line ${line}: ${problem}`)
    throw new GatewayError('configuration', lines.join('\n'))
  }
  return parseEnv(text) as Record<string, string>
}

function problemsOf(text: string): [line: number, problem: string][] {
  if (text.includes('\0')) return [[1, 'this is not UTF-8; save the file as UTF-8']]
  const lines = text.split(/\r?\n/)
  const problems: [number, string][] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (/^\s*(#|$)/.test(line)) continue
    const [, value] = ASSIGNMENT.exec(line) ?? []
    if (value === undefined) {
      problems.push([at + 1, 'expected NAME=value, or # before a comment'])
      continue
    }
    const quote = QUOTES.find((candidate) => value.startsWith(candidate))
    if (quote === undefined) continue
    const end = endOfQuote(lines, at, quote)
    if (end === undefined) problems.push([at + 1, `a quote (${quote}) has no end`])
    else at = end
  }
  return problems
}

/** The line on which a quoted value ends that begins at line `start`; values may have several lines. */
function endOfQuote(lines: readonly string[], start: number, quote: string): number | undefined {
  const first = lines[start] ?? ''
  if (first.indexOf(quote, first.indexOf(quote) + 1) !== -1) return start
  const end = lines.findIndex((line, at) => at > start && line.includes(quote))
  return end === -1 ? undefined : end
}
