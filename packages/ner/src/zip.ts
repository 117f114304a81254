/**
 * Reads files out of a zip archive in memory, which is what a wheel is (PKWARE's APPNOTE.TXT 6.3, sections 4.3.7 and 4.3.12).
 * Stored and deflated entries of less than 4 GB; what else there is, is refused.
 */
import { inflateRawSync } from 'node:zlib'

const END = 0x06054b50
const ENTRY = 0x02014b50
const STORED = 0
const DEFLATED = 8
/** The end record may have a comment of 65,535 bytes behind it. */
const MAX_END_BYTES = 65_557

/**
 * The content of one file; undefined if the archive has none of that name.
 * @param maxBytes no more is unpacked
 * @throws Error for what is no such archive
 */
export function readZipped(zip: Buffer, name: string, maxBytes: number): Buffer | undefined {
  const end = endRecord(zip)
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error('the archive is damaged')
    const nameLength = zip.readUInt16LE(at + 28)
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name)
      return unpacked(zip, at, maxBytes)
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return undefined
}

function endRecord(zip: Buffer): number {
  for (let at = zip.length - 22; at >= 0 && at >= zip.length - MAX_END_BYTES; at -= 1) {
    if (zip.readUInt32LE(at) === END) return at
  }
  throw new Error('this is no zip archive')
}

/** @param entry offset of its entry in the central directory */
function unpacked(zip: Buffer, entry: number, maxBytes: number): Buffer {
  const method = zip.readUInt16LE(entry + 10)
  const size = zip.readUInt32LE(entry + 20)
  const local = zip.readUInt32LE(entry + 42)
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const data = zip.subarray(start, start + size)
  if (method === STORED) return data
  if (method === DEFLATED) return inflateRawSync(data, { maxOutputLength: maxBytes })
  throw new Error(`the archive uses method ${method}, which is not known here`)
}
