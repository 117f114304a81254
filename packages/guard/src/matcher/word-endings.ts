// Finds out while a word is read whether it ends like one of some endings: a small automaton after Aho and Corasick.

/** Where reading begins, and where it is as long as nothing of an ending has been read. */
const NOTHING = 0

export class WordEndings {
  /** By state: where each symbol leads that goes on with an ending. */
  readonly #children: Map<number, number>[] = [new Map()]
  /** By state: the one with the longest part of an ending that the part of this one ends with. */
  readonly #shorter: number[] = [NOTHING]
  readonly #whole: boolean[] = [false]

  constructor(endings: readonly (readonly number[])[]) {
    for (const ending of endings) this.#whole[this.#add(ending)] = true
    // States that are added later may be behind a shorter part; breadth first, so that this one is known before.
    const queue = [...(this.#children[NOTHING]?.values() ?? [])]
    for (const state of queue) {
      this.#whole[state] ||= this.isWhole(this.#shorter[state] ?? NOTHING)
      for (const [symbol, child] of this.#children[state] ?? []) {
        this.#shorter[child] = this.next(this.#shorter[state] ?? NOTHING, symbol)
        queue.push(child)
      }
    }
  }

  get count(): number {
    return this.#children.length
  }

  /** The state behind a symbol. */
  next(state: number, symbol: number): number {
    const child = this.#children[state]?.get(symbol)
    if (child !== undefined) return child
    return state === NOTHING ? NOTHING : this.next(this.#shorter[state] ?? NOTHING, symbol)
  }

  /** Whether what has been read ends with an ending. */
  isWhole(state: number): boolean {
    return this.#whole[state] ?? false
  }

  /** The state behind all symbols of an ending. */
  #add(ending: readonly number[]): number {
    return ending.reduce((state, symbol) => {
      const children = this.#children[state]
      const known = children?.get(symbol)
      if (known !== undefined) return known
      const added = this.#children.push(new Map()) - 1
      children?.set(symbol, added)
      this.#shorter[added] = NOTHING
      this.#whole[added] = false
      return added
    }, NOTHING)
  }
}
