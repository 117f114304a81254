import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AuditReader } from '../../src/audit/audit-reader.ts'
import { openReader, openWriter, temporaryPath } from './audit-fixture.ts'

const SCRIPT = fileURLToPath(new URL('audit-process.mjs', import.meta.url))
const ROUNDS_PER_FILE = 5

interface Life {
  readonly child: ChildProcess
  readonly begun: string[]
  /** Those whose end record was written. */
  readonly kept: string[]
  /** Resolves when it has kept some completions. */
  readonly isBusy: Promise<void>
}

function live(path: string, instance: string): Life {
  const child = spawn(process.execPath, [SCRIPT, path, instance], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const begun: string[] = []
  const kept: string[] = []
  const some = 20 + Math.random() * 200
  const isBusy = new Promise<void>((resolve) => {
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const [what, id = ''] of lines.map((line) => line.split(' '))) {
        if (what === 'begun') begun.push(id)
        else kept.push(id)
      }
      if (kept.length > some) resolve()
    })
  })
  return { child, begun, kept, isBusy }
}

async function kill({ child }: Life): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'close')
}

function statuses(reader: AuditReader): Map<string, string> {
  return new Map([...reader.list()].map(({ requestId, status }) => [requestId, status]))
}

describe('kill -9 of a process that writes', () => {
  it('leaves a file that opens, loses no begin and no older end, and the rest is interrupted', async () => {
    await Promise.all(['a.db', 'b.db'].map(killAndStartAgain))
  })
})

async function killAndStartAgain(name: string): Promise<void> {
  const path = temporaryPath(name)
  await (await openWriter({ path })).close()
  const reader = openReader(path)
  for (let round = 0; round < ROUNDS_PER_FILE; round += 1) {
    const life = live(path, 'killed')
    await life.isBusy
    await kill(life)

    const after = statuses(reader)
    expect(life.begun.filter((id) => !after.has(id))).toEqual([])
    expect(life.kept.filter((id) => after.get(id) !== 'success')).toEqual([])

    await (await openWriter({ path, instance: 'killed' })).close()
    const next = statuses(reader)
    expect([...next.values()]).not.toContain('running')
    const unfinished = [...after].filter(([, status]) => status === 'running')
    expect(unfinished.filter(([id]) => next.get(id) !== 'interrupted')).toEqual([])
  }
}

describe('two processes on one file', () => {
  it('both write all of theirs', async () => {
    const path = temporaryPath()
    const lives = [live(path, 'one'), live(path, 'two')]
    await Promise.all(lives.map(({ isBusy }) => isBusy))
    await Promise.all(lives.map(kill))
    const after = statuses(openReader(path))
    expect(lives.flatMap(({ begun }) => begun).filter((id) => !after.has(id))).toEqual([])
  })
})
