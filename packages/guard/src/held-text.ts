// The part of a stream's text that is not shown yet, with its place in the whole.
import { boundaryBefore } from './characters.ts'

export class HeldText {
  /** The end of what is held: all that has not been looked at is in it. */
  piece = ''
  /** What is held before that. */
  #before = ''
  /** The offset in the stream at which what is held begins. */
  base = 0
  /** How many units of what is held lie before the symbol that is being looked at. */
  scanned = 0
  /** Offset after the last character that counts: where a match ends that is only seen to end at the next one. */
  symbolEnd = 0
  /** Offset after the last character that was more than one unit of text. */
  compoundEnd = 0
  /** The text before `base` that was let go of last and in which a character counts; empty at the start. */
  taken = ''
  /** The last unit that was let go of. */
  lastUnit = 0
  /** Offset at which the text last began anew: its start, the end of a value before it, or within a flood. */
  edge = 0

  /** Offset up to which the stream has been looked at. */
  get now(): number {
    return this.base + this.scanned
  }

  /** Moves on to the symbol before which `scanned` units lie; the one before it ended at `symbolEnd`. */
  lookAt(scanned: number, symbolEnd: number): void {
    this.scanned = scanned
    this.symbolEnd = symbolEnd
  }

  /** The offset that lies `span` units back, or where the character begins that this would cut. */
  back(span: number): number {
    const at = this.now - span
    if (at <= this.base || this.compoundEnd <= at) return at
    return this.base + boundaryBefore(this.text, at - this.base)
  }

  /** What is held. Its parts are joined when that is asked for: most of it goes as it came. */
  get text(): string {
    if (this.#before.length > 0) {
      this.piece = this.#before + this.piece
      this.#before = ''
    }
    return this.piece
  }

  get length(): number {
    return this.#before.length + this.piece.length
  }

  /** How much is held before `piece`. */
  get pieceAt(): number {
    return this.#before.length
  }

  append(delta: string): void {
    const text = this.#before.length === 0 ? this.piece : this.text
    const isScanned = this.scanned === text.length
    this.#before = isScanned ? text : ''
    this.piece = isScanned ? delta : text + delta
  }

  slice(start: number, end: number): string {
    return this.text.slice(start - this.base, end - this.base)
  }

  /** Lets go of what lies before an offset, and returns it. */
  take(to: number): string {
    const count = to - this.base
    const before = this.#before
    const piece = this.piece
    this.scanned -= count
    this.base = to
    if (count < before.length) {
      this.#before = before.slice(count)
      this.lastUnit = before.charCodeAt(count - 1)
      return before.slice(0, count)
    }
    this.#before = ''
    const ofPiece = count - before.length
    this.lastUnit = ofPiece > 0 ? piece.charCodeAt(ofPiece - 1) : before.charCodeAt(count - 1)
    const isAll = ofPiece === piece.length
    this.piece = isAll ? '' : piece.slice(ofPiece)
    const taken = isAll ? piece : piece.slice(0, ofPiece)
    return before.length === 0 ? taken : before + taken
  }

  /** Lets go of everything. */
  clear(): void {
    this.#before = ''
    this.piece = ''
  }
}
