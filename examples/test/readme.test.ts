/** Runs the commands of README.md whose output stands below them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const sluice = fileURLToPath(new URL('packages/cli/bin/sluice.js', root))
const blocks = readFileSync(new URL('README.md', root), 'utf8').matchAll(
  /^```\n\$ npx sluice (.+)\n([\s\S]*?)```$/gm,
)
const commands = [...blocks].map(([, args = '', output = '']) => ({ args, output }))

/** A policy's hash changes with each of its rules; what it does is what counts. */
function withoutHashes(text: string): string {
  return text.replace(/\([0-9a-f]{16}\)/g, '(…)')
}

describe('README.md', () => {
  it('shows commands', () => {
    expect(commands.length).toBeGreaterThan(0)
  })

  it.each(commands)('shows what comes of: sluice $args', ({ args, output }) => {
    const words = [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
    const env = { ...process.env, NO_COLOR: '1' }
    // In a folder without a configuration.
    const options = { cwd: tmpdir(), env, encoding: 'utf8' } as const
    const printed = execFileSync(process.execPath, [sluice, ...words], options)
    expect(withoutHashes(printed)).toBe(withoutHashes(output))
  })
})
