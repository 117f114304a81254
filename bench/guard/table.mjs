// Tables in Markdown, for the reports of the guard's figures.

/**
 * A table: a heading and a reader of the row for each column.
 * @template Row
 * @param {readonly Row[]} rows
 * @param {Record<string, (row: Row) => unknown>} columns
 */
export function tableOf(rows, columns) {
  /** @param {readonly string[]} cells */
  const line = (cells) => `| ${cells.join(' | ')} |`
  const heads = Object.keys(columns)
  const readers = Object.values(columns)
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map((row) => line(readers.map((read) => String(read(row) ?? '')))),
  ].join('\n')
}

/** Where and how a run was made. @param {{ machine: import('../rig/machine.mjs').Machine & { date: string }, command: string }} results */
export function runLine({ machine, command }) {
  return `${machine.processor}, ${machine.cores} cores shared with other work, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, ${machine.date}. Command: \`${command}\`.`
}
