import { readFile } from 'node:fs/promises'
import { sandboxModels, sandboxRoutes, sandboxTokenFaults } from '@sluice/sandbox'
import { expect, it } from 'vitest'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`
const table = (head: string[], rows: string[]) =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

it.each([
  [
    'path',
    table(
      ['path', 'imitates', 'what it does'],
      sandboxRoutes.map((route) =>
        row(`\`${route.method} ${route.path}\``, route.imitates, route.summary),
      ),
    ),
  ],
  [
    'model',
    table(
      ['model', 'imitates', 'what it does'],
      sandboxModels.map((model) => row(`\`${model.model}\``, model.imitates, model.summary)),
    ),
  ],
  [
    'token fault',
    table(
      ['fault', 'what it does'],
      sandboxTokenFaults.map((fault) => row(`\`${fault.fault}\``, fault.summary)),
    ),
  ],
])('README.md lists every %s as it is', (_, expected) => {
  expect(readme).toContain(`\n${expected}\n`)
})
