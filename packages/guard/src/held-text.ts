// The part of a stream's text that is not shown yet, with its place in the whole.
import { boundaryBefore } from './characters.ts'

export class HeldText {
  /** What is held; its first unit has the offset `base` in the stream. */
  text = ''
  base = 0
  /** How many units of `text` lie before the symbol that is being looked at. */
  scanned = 0
  /** Offset after the last character that counts: where a match ends that is only seen to end at the next one. */
  symbolEnd = 0
  /** The text before `base` that was let go of last and in which a character counts; empty at the start. */
  taken = ''
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
    return at <= this.base ? at : this.base + boundaryBefore(this.text, at - this.base)
  }

  append(delta: string): void {
    this.text = this.text.length === 0 ? delta : this.text + delta
  }

  slice(start: number, end: number): string {
    return this.text.slice(start - this.base, end - this.base)
  }

  /** Lets go of what lies before an offset, and returns it. */
  take(to: number): string {
    const count = to - this.base
    const isAll = count === this.text.length
    const taken = isAll ? this.text : this.text.slice(0, count)
    this.text = isAll ? '' : this.text.slice(count)
    this.scanned -= count
    this.base = to
    return taken
  }
}
