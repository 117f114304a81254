// How the open threads of one stream are followed: one interface and three ways, each slower than the one before and in
// need of fewer states.
import { type Accept, UNKNOWN } from './action.ts'
import type { Setting } from './lazy-dfa.ts'

/** Where the open threads started. */
export interface Starts {
  /** The offsets at which thread groups started, the earliest first, and how many there are. */
  readonly starts: Int32Array
  readonly count: number
  /**
   * Of two threads that meet the earlier one stays, and the start of the other is forgotten: the latest start of one that
   * another has met, NO_START if none has been. Only threads of detectors that want every start count.
   */
  readonly met: number
}

export const NO_START = -1

/**
 * ```
 *   DfaThreads      one state for all threads: one look-up a symbol
 *       |           the stream has built 800 states, or the DFA is full
 *       v
 *   DfaPerStart     one state for each start: one look-up for each
 *       |           the stream has built 3,000 states, or more than 32 starts are open
 *       v
 *   NfaSimulation   no states: each thread is moved by itself
 * ```
 * A stream only goes down. All three give the same result, to the character.
 */
export interface Threads extends Starts {
  /** Transitions, which the scanner looks up by itself, by row plus class. */
  readonly table: Int32Array
  /** The row to go on from. Row numbers are good until `leave`. */
  enter(): number
  leave(row: number): void
  /** The entry of a transition that is not in the table, or UNKNOWN if it is to be stepped over further down. */
  build(row: number, symbolClass: number): number
  /** The row of the same threads in another setting, or UNKNOWN if it is to be gone on from further down. */
  reset(row: number, setting: Setting): number
  /** The detectors that accept before a symbol, by threads as of the last `leave` or step; groups are indices of `starts`. */
  accepts(symbolClass: number): readonly Accept[]
  /** Where the threads of a row are stepped over symbols one by one. */
  descend(row: number): SteppedThreads
  /** Back to where a text begins. */
  restart(gates: number): void
}

/** The two lower ways: they have no rows, and every transition is a step. */
export interface SteppedThreads extends Threads {
  /** Moves all threads over the symbol that `accepts` has seen, and starts new ones. What is to be gone on with. */
  step(symbolClass: number, gates: number, offset: number): SteppedThreads
}

/** The table of those without rows, as long as there can be classes. */
export const NO_TRANSITIONS = new Int32Array(256).fill(UNKNOWN)
/** The row of those without rows. */
export const ONLY_ROW = 0
