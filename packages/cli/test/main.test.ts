// The command line before any command runs, and how a failure is told.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sluice, temporaryFolder } from './sluice-process.ts'

describe('sluice', () => {
  it.each(['nope', '', 'constructor', '__proto__'])(
    'says that there is no command %j, and where to look',
    async (name) => {
      const { code, stderr } = await sluice([name])
      expect(code).toBe(1)
      expect(stderr).toBe(`error: unknown command '${name}'\n(sluice --help shows what there is)\n`)
    },
  )

  it.each([
    ['a key', '"\\e]0;owned\\a": 1\n'],
    ['a policy', 'policies: { "\\e[31mours": { extends: "\\e[2J" } }\n'],
    ['C1 and bidirectional characters', '"\\x9b31m\\u202eours": 1\n'],
  ])(
    'sends the terminal no sequence of a file whose mistake it quotes: %s',
    async (_what, yaml) => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'sluice.yaml'), yaml)
      const { code, stderr } = await sluice(['policy', 'list'], { folder })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^sluice: /)
      expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u)
    },
  )
})
