// The README's examples give what their comments say, and its list of entities is the whole one.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as guard from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const code = [...readme.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, block]) => block).join('\n')

it('shows true examples', () => {
  const seen: [unknown, unknown][] = []
  const script = code.replace(/^import .*$/gm, '').replace(/^(\S.*) \/\/ -> (.*)$/gm, 'see($1, $2)')
  new Function('compilePolicy', 'Pseudonyms', 'see', script)(
    guard.compilePolicy,
    guard.Pseudonyms,
    (actual: unknown, expected: unknown) => seen.push([actual, expected]),
  )
  expect(seen.length).toBeGreaterThan(6)
  for (const [actual, expected] of seen) expect(actual).toBe(expected)
})

it('names every entity', () => {
  const [, list = ''] = readme.match(/^Entities: ([^(]*)\(`ENTITY_NAMES`\)/m) ?? []
  expect(list.match(/[A-Z_]+/g)).toEqual(guard.ENTITY_NAMES)
})
