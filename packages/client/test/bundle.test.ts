// What a page has to load: the bundle is small, and nothing of a library or of Node.js is in it.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { describe, expect, it } from 'vitest'

const MAX_BYTES = 8 * 1_024

async function bundleOf(entry: string): Promise<{ code: string; imports: string[] }> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      modulePreload: false,
      // Not vite's library mode, which leaves white space in for the bundlers to come.
      rolldownOptions: {
        input: fileURLToPath(new URL(entry, import.meta.url)),
        preserveEntrySignatures: 'strict',
      },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  if (output === undefined || !('output' in output)) throw new Error('vite built nothing')
  const [chunk] = output.output
  return { code: chunk.code, imports: chunk.imports }
}

describe('the bundle for browsers', () => {
  it(`has at most ${MAX_BYTES} bytes in gzip, and imports nothing`, async () => {
    const { code, imports } = await bundleOf('../src/index.ts')
    expect(imports).toEqual([])
    // Nor the tables that only a gateway needs.
    expect(code).not.toMatch(/node:|zod|require\(|invalid_request_error/)
    const bytes = gzipSync(code, { level: 9 }).length
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES)
    // A bundle from which everything was shaken out would be small, too.
    expect(bytes).toBeGreaterThan(2_048)
  })
})
