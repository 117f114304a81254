// The command line before any command runs.
import { describe, expect, it } from 'vitest'
import { sluice } from './sluice-process.ts'

describe('sluice', () => {
  it.each(['nope', '', 'constructor', '__proto__'])(
    'says that there is no command %j, and where to look',
    async (name) => {
      const { code, stderr } = await sluice([name])
      expect(code).toBe(1)
      expect(stderr).toBe(`error: unknown command '${name}'\n(sluice --help shows what there is)\n`)
    },
  )
})
