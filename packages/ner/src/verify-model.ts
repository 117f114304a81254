/** Whether a folder holds a known model, byte by byte. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownModel, ModelFile } from './known-models.ts'

export interface Verification {
  readonly path: string
  readonly state: 'good' | 'missing' | 'different'
}

/** The state of each file of the model. */
export function verifyModel(model: KnownModel, folder: string): Promise<Verification[]> {
  return Promise.all(
    model.files.map(async (file) => ({ path: file.path, state: await stateOf(file, folder) })),
  )
}

async function stateOf(file: ModelFile, folder: string): Promise<Verification['state']> {
  const path = join(folder, file.path)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return 'missing'
  // Of another length it need not be read, however long it is.
  return found.size === file.bytes && isFile(file, await readFile(path)) ? 'good' : 'different'
}

/** Whether these are the bytes of a file of a model. */
export function isFile({ sha256, bytes }: ModelFile, content: Uint8Array): boolean {
  if (content.length !== bytes) return false
  return createHash('sha256').update(content).digest('hex') === sha256
}
