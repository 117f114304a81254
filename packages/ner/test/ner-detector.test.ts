// The real model in real threads. `npm run fetch:ner` gets it; without it these tests say so and are skipped.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NerDetector } from '../src/index.ts'
import { loadRuntime } from '../src/runtime.ts'

const folder = fileURLToPath(new URL('../../../node_modules/.cache/ner/rampart', import.meta.url))
const isFetched = existsSync(folder)
const { signal } = new AbortController()

function detectorIn(place: string): NerDetector {
  const detector = new NerDetector({ folder: place })
  onTestFinished(() => detector.close())
  return detector
}

describe.skipIf(!isFetched)('the model (skipped unless `npm run fetch:ner` has fetched it)', () => {
  it.each<[string, string[]]>([
    [
      'I am Grace Hopper, 12 Baker Street, London.',
      ['PERSON Grace Hopper', 'LOCATION 12 Baker Street, London'],
    ],
    ['Je suis Amélie Lefèvre.', ['PERSON Amélie Lefèvre']],
    ['Hola, soy María García López.', ['PERSON María García López']],
    ['Guten Tag, ich heiße Annegret Hoffmann.', ['PERSON Annegret Hoffmann']],
    ['Please summarise the quarterly report.', []],
    ['', []],
  ])('finds in %j whole words', async (text, expected) => {
    const spans = await detectorIn(folder).detect(text, { signal })
    expect(spans.map(({ entity, start, end }) => `${entity} ${text.slice(start, end)}`)).toEqual(
      expected,
    )
  })

  it('finds a name at any place of a long text', async () => {
    const filler = 'The meeting was moved to Monday because the room is taken. '
    const detector = detectorIn(folder)
    for (const before of [8, 15, 30]) {
      const text = `${filler.repeat(before)}Regards, Harriet Blackwood. ${filler.repeat(10)}`
      const spans = await detector.detect(text, { signal })
      expect(spans.map(({ start, end }) => text.slice(start, end))).toContain('Harriet Blackwood')
    }
  })

  it('lets the event loop go on while it computes', async () => {
    const detector = detectorIn(folder)
    await detector.detect('warm', { signal })
    let turns = 0
    let isDone = false
    const count = () => {
      turns += 1
      if (!isDone) setImmediate(count)
    }
    count()
    await detector.detect('Ada Lovelace met Charles Babbage. '.repeat(100), { signal })
    isDone = true
    expect(turns).toBeGreaterThan(50)
  })

  it('gives up what waits when it is asked to', async () => {
    const detector = detectorIn(folder)
    const first = detector.detect('Ada Lovelace', { signal })
    const asker = new AbortController()
    const second = detector.detect('Charles Babbage', { signal: asker.signal })
    asker.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    expect(await first).toHaveLength(1)
  })
})

it('ONNX Runtime is looked for beside a model whose folder is named from here, too', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'sluice-ner-'))
  onTestFinished(() => rmSync(empty, { recursive: true }))
  const place = join(empty, 'node_modules', 'onnxruntime-node')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), '{"name":"onnxruntime-node","main":"index.js"}')
  writeFileSync(join(place, 'index.js'), 'module.exports = { found: "here" }')
  const runtime = await loadRuntime(relative(process.cwd(), join(empty, 'model')))
  expect(runtime).toMatchObject({ found: 'here' })
})

describe('a folder without a model', () => {
  it('fails each text, and says what is missing', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'sluice-ner-'))
    onTestFinished(() => rmSync(empty, { recursive: true }))
    writeFileSync(join(empty, 'config.json'), '{}')
    const detector = detectorIn(empty)
    for (let i = 0; i < 2; i += 1)
      await expect(detector.detect('x', { signal })).rejects.toThrow('tokenizer.json')
  })
})
