// Preloaded with --import: writes the URL of every module that is resolved to standard error.
import { writeSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context)
  writeSync(2, `${resolved.url}\n`)
  return resolved
}
