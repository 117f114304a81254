// Size of the guard as a browser would load it: bundled with everything `compilePolicy('standard')` needs, minified.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

export async function bundleSize() {
  const entry = fileURLToPath(new URL('./browser-entry.mjs', import.meta.url))
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, lib: { entry, formats: ['es'], fileName: 'guard' } },
  })
  const bundles = Array.isArray(output) ? output : 'output' in output ? [output] : []
  const chunks = bundles.flatMap((bundle) => bundle.output)
  const code = chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('')
  return { bytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).length }
}
