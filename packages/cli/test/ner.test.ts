import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sluice } from './sluice-process.ts'

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ner-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('sluice ner', () => {
  it('lists the models with what has to be said of them', async () => {
    const { code, stdout } = await sluice(['ner', 'list'])
    expect(code).toBe(0)
    expect(stdout).toContain('Rampart by the National Design Studio, licensed under CC BY 4.0')
  })

  it('refuses what is not there or not what was pinned, in one line', async () => {
    const folder = emptyFolder()
    const pull = await sluice(['ner', 'pull', 'rampart', '--from', folder, '--folder', folder])
    expect(pull).toMatchObject({ code: 1, stdout: '' })
    expect(pull.stderr).toBe('sluice: The model was not taken: config.json is missing\n')
    const verify = await sluice(['ner', 'verify', 'rampart', '--folder', folder])
    expect(verify.code).toBe(1)
    expect(verify.stdout).toContain('missing   onnx/model_q4.onnx')
    const other = await sluice(['ner', 'pull', 'other'])
    expect(other.stderr).toBe('sluice: There is no model "other"; there are rampart\n')
  })

  it('asks for a folder if none is known', async () => {
    const { code, stderr } = await sluice(['ner', 'verify', 'rampart'])
    expect(code).toBe(1)
    expect(stderr).toBe('sluice: Which folder? Give --folder, or set SLUICE_NER_MODEL\n')
  })
})
