import { readFile } from 'node:fs/promises'
import { sandboxModels, sandboxRoutes, sandboxTokenFaults } from '@sluice/sandbox'
import { expect, it } from 'vitest'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

/** The cells of the table under a heading, without its head. */
function cellsUnder(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

it.each([
  [
    'Paths',
    sandboxRoutes.map((route) => [
      `\`${route.method} ${route.path}\``,
      route.imitates,
      route.summary,
    ]),
  ],
  ['Models', sandboxModels.map((model) => [`\`${model.model}\``, model.imitates, model.summary])],
  [
    'Faults of the token endpoint',
    sandboxTokenFaults.map((fault) => [`\`${fault.fault}\``, fault.summary]),
  ],
])('README.md lists under %s exactly what there is', (heading, rows) => {
  expect(cellsUnder(heading)).toEqual(rows)
})
