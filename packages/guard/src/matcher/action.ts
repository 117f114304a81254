// What a stream has to do when it takes a transition of the automaton: which of its threads go on, whether some begin, and
// which detectors accept.

/** What a stream has to do with its offsets when it takes a transition. Number 0 is "nothing". */
export interface Action {
  /** Groups that survive, as indices of the old ones in order; null: all of them. */
  readonly keep: readonly number[] | null
  /** Whether a new group starts at this symbol. */
  readonly begins: boolean
  /** The last of the groups, as they are then, that a later thread has met: it keeps the thread, which is lost; or NONE. */
  readonly met: number
  /** Matches that end before this symbol. */
  readonly accepts: readonly Accept[]
}

/** A detector that accepts. */
export interface Accept {
  readonly detector: number
  /** The groups that accept, the earliest first: that one alone unless the detector wants every start. */
  readonly groups: readonly number[]
}

/** The same while it is being found. */
export interface Accepting extends Accept {
  readonly groups: number[]
}

/** Numbers of the two most frequent actions, so that a stream can do them in place: all groups end, ... */
export const ACTION_CLEAR = 1
/** ... and a new one begins. */
export const ACTION_RESTART = 2

/** No group. */
export const NONE = -1

/** Number 0: all groups survive, none begins, nothing is accepted. */
export const NO_ACTION: Action = { keep: null, begins: false, met: NONE, accepts: [] }

/** An entry of the table: the row of the next state times 4096 plus the number of the action, or UNKNOWN. */
export const UNKNOWN = -1
export const ACTION_BITS = 12
export const ACTION_MASK = 0xfff

const MAX_ACTIONS = 3000
/** Number 0, ACTION_CLEAR and ACTION_RESTART. */
const FIXED_ACTIONS: readonly Action[] = [
  NO_ACTION,
  { keep: [], begins: false, met: NONE, accepts: [] },
  { keep: [], begins: true, met: NONE, accepts: [] },
]

/** The actions of an automaton by number. */
export class ActionTable {
  readonly #list: Action[] = [...FIXED_ACTIONS]
  readonly #numbers = new Map<string, number>()

  get list(): readonly Action[] {
    return this.#list
  }

  get isFull(): boolean {
    return this.#list.length > MAX_ACTIONS
  }

  /** The number of an action, which is added if there is none like it. */
  numberOf(action: Action): number {
    const { keep, begins, met, accepts } = action
    if (accepts.length === 0 && met === NONE) {
      if (keep === null && !begins) return 0
      if (keep?.length === 0) return begins ? ACTION_RESTART : ACTION_CLEAR
    }
    const ends = accepts.map(({ detector, groups }) => `${detector}:${groups.join()}`)
    const key = `${keep?.join() ?? 'all'};${begins};${met};${ends.join(';')}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#list.push(action) - 1
    this.#numbers.set(key, number)
    return number
  }
}
