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
  readonly #vocabularies = new Map<string, Vocabulary>()
  readonly #bits = new Map<string, number>()

  constructor(detectors: readonly Detector[]) {
    for (const { vocabulary, scores } of detectors) {
      if (vocabulary === undefined) continue
      this.#vocabularies.set(keyOf(vocabulary), vocabulary)
      const [against, silent, hinted, announced] = scores
      if (silent > against) this.#number(bitKey(vocabulary, SILENT))
      if (hinted > silent) this.#number(bitKey(vocabulary, HINTED))
      if (announced > hinted) this.#number(bitKey(vocabulary, ANNOUNCED))
    }
    detectors.forEach(({ armor }, index) => {
      if (armor !== undefined) this.#number(`armor ${index}`)
    })
  }

  /** The bit of each standing; 0 where no detector tells it from the one below. */
  ofVocabulary(vocabulary: Vocabulary | undefined): StandingBits {
    if (vocabulary === undefined) return NO_BITS
    const bit = (standing: Standing) => this.#bits.get(bitKey(vocabulary, standing)) ?? 0
    return [0, bit(SILENT), bit(HINTED), bit(ANNOUNCED)]
  }

  ofArmor(detector: number): number {
    return this.#bits.get(`armor ${detector}`) ?? 0
  }

  contextWords(): ContextWords | undefined {
    const vocabularies = [...this.#vocabularies.values()]
    return vocabularies.length === 0 ? undefined : contextWordsOf(vocabularies)
  }

  standingBits(): StandingBits[] {
    return [...this.#vocabularies.values()].map((vocabulary) => {
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

function bitKey(vocabulary: Vocabulary, standing: Standing): string {
  return `${standing} ${keyOf(vocabulary)}`
}

function keyOf({ context, hints, against }: Vocabulary): string {
  return [context, hints, against].join(';')
}
