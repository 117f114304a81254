/** Rows for people: columns that line up, a header where somebody looks at a terminal, foreign text made harmless. */
import { neutralise, paint } from './terminal.ts'

export type Cell = string | number | null | undefined

/** Lines of a table; numbers are to the right, and the last column is not padded. `-` stands for what is not known. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const texts = rows.map((row) => row.map(textOf))
  const widths = header.map((name, column) =>
    Math.max(name.length, ...texts.map((row) => (row[column] ?? '').length)),
  )
  const isNumeric = header.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        isNumeric[column] === true
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [paint('dim', lineOf(header), process.stdout), ...texts.map(lineOf)]
}

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return '-'
  return typeof cell === 'number' ? String(cell) : neutralise(cell).replace(/[\n\t]/g, ' ')
}
