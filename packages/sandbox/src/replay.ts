/** Reads a recorded stream: a text file with one chunk object a line, sent again word for word. */

import { readFile, stat } from 'node:fs/promises'
import { doneMark } from './chunks.ts'
import { SandboxError } from './errors.ts'
import { parseObject } from './json.ts'

/** Largest file that is read, in bytes. */
const maxReplayBytes = 64 * 1024 * 1024

/**
 * The data of the events of a recorded stream, closed with `[DONE]`.
 * @throws {SandboxError} `invalid_replay` when the file cannot be read, is empty or over 64 MB, or a line is no JSON object.
 */
export async function readReplay(file: string): Promise<string[]> {
  const lines = (await readBounded(file)).split(/\r?\n/).filter((line) => line.trim() !== '')
  const chunks = lines.filter((line) => line.trim() !== doneMark)
  if (chunks.length === 0) throw new SandboxError('invalid_replay', `${file} holds no chunk`)
  const wrong = chunks.findIndex((line) => parseObject(line) === undefined)
  if (wrong === -1) return [...chunks, doneMark]
  throw new SandboxError(
    'invalid_replay',
    `${file}: chunk ${wrong + 1} is not a JSON object on one line`,
  )
}

async function readBounded(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size <= maxReplayBytes) return await readFile(file, 'utf8')
  } catch (cause) {
    throw new SandboxError('invalid_replay', `${file} cannot be read`, { cause })
  }
  throw new SandboxError('invalid_replay', `${file} is larger than ${maxReplayBytes} bytes`)
}
