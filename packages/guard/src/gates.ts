// The bits that open parts of the automaton for a while: after words that speak of an entity, and behind a header.
import type { Detector } from './detector.ts'
import { type ContextWords, contextWordsOf } from './matcher/context.ts'
import {
  ANNOUNCED,
  HINTED,
  SILENT,
  type Standing,
  type StandingBits,
} from './matcher/live-contexts.ts'
import type { Vocabulary } from './matcher/word-roles.ts'
import { PolicyError } from './policy-error.ts'

const MAX_GATES = 30
const NO_BITS: StandingBits = [0, 0, 0, 0]

/** Numbers what opens and closes parts of the automaton: standings that make a difference, then armour. */
export class Gates {
  /** Each with its number; those of different recognizers are different objects. */
  readonly #vocabularies = new Map<Vocabulary, number>()
  readonly #bits = new Map<string, number>()

  constructor(detectors: readonly Detector[]) {
    for (const { vocabulary, scores } of detectors) {
      if (vocabulary === undefined) continue
      const number = this.#vocabularies.get(vocabulary) ?? this.#vocabularies.size
      this.#vocabularies.set(vocabulary, number)
      const [against, silent, hinted, announced] = scores
      if (silent > against) this.#number(bitKey(number, SILENT))
      if (hinted > silent) this.#number(bitKey(number, HINTED))
      if (announced > hinted) this.#number(bitKey(number, ANNOUNCED))
    }
    detectors.forEach(({ armor }, index) => {
      if (armor !== undefined) this.#number(`armor ${index}`)
    })
  }

  /** The bit of each standing; 0 where no detector tells it from the one below. */
  ofVocabulary(vocabulary: Vocabulary | undefined): StandingBits {
    const number = vocabulary && this.#vocabularies.get(vocabulary)
    if (number === undefined) return NO_BITS
    const bit = (standing: Standing) => this.#bits.get(bitKey(number, standing)) ?? 0
    return [0, bit(SILENT), bit(HINTED), bit(ANNOUNCED)]
  }

  ofArmor(detector: number): number {
    return this.#bits.get(`armor ${detector}`) ?? 0
  }

  contextWords(): ContextWords | undefined {
    const vocabularies = [...this.#vocabularies.keys()]
    return vocabularies.length === 0 ? undefined : contextWordsOf(vocabularies)
  }

  standingBits(): StandingBits[] {
    return [...this.#vocabularies.keys()].map((vocabulary) => {
      const [, silent, hinted, announced] = this.ofVocabulary(vocabulary)
      return [0, silent, silent | hinted, silent | hinted | announced]
    })
  }

  #number(key: string): void {
    if (this.#bits.has(key)) return
    if (this.#bits.size === MAX_GATES) {
      const message = `more than ${MAX_GATES} kinds of context words and armour`
      throw new PolicyError('pattern_too_large', message)
    }
    this.#bits.set(key, 1 << this.#bits.size)
  }
}

function bitKey(vocabulary: number, standing: Standing): string {
  return `${standing} ${vocabulary}`
}
