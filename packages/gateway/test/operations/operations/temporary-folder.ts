/** A folder of one test, removed with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-operations-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
