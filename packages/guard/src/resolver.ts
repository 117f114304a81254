// Decides what is shown of a stretch of text once everything that could match in it is known: for each character the
// most concealing finding over it wins. When that is the case is the stream's to say.

import { countCharacters } from './characters.ts'
import { type Finding, NO_FINDINGS } from './finding.ts'
import { isLabel, keptFrom } from './operators.ts'
import type { Pseudonyms } from './pseudonyms/pseudonyms.ts'
import { endsInWord } from './pseudonyms/words.ts'
import type { Rule } from './rule.ts'

/** A match that is certain. Offsets are those of the stream. */
export interface Candidate {
  readonly rule: Rule
  readonly start: number
  readonly end: number
  readonly score: number
  /** Whether it began before `start`, too long ago for that part to be concealed. */
  readonly isCut: boolean
}

/** A match that is still growing: its end is that of what certainly belongs to it so far. */
export interface OpenCandidate extends Candidate {
  end: number
  isOpen: boolean
}

/** A candidate on its way out. */
interface Pending extends OpenCandidate {
  /** What matched, of which a hash and a mask are made; empty as long as that is not known. */
  readonly value: string
  /** Offset from which a mask keeps characters; worked out when it is first needed. */
  keptFrom: number | undefined
  /** Whether it was added open: how far it reaches was not known from the beginning. */
  isOpenEnded: boolean
  isOwner: boolean
  isLabelShown: boolean
}

export class Resolver {
  /** In the order of their ends: what overlaps the last one is at the end. */
  #pending: Pending[] = []
  /** None of them is longer. */
  #longest = 0
  /** Those that were added open, whose ends move. */
  #opened: Pending[] = []
  #lastOwner: Pending | undefined
  /** Whether what is shown instead of a match has to be escaped, since it is put into a JSON string. */
  isQuoting = false
  /** Where the stand-ins of what is pseudonymized come from. */
  readonly #pseudonyms: Pseudonyms | undefined
  /** The last character that was shown of the text, if there are pseudonyms. */
  #before = ''

  constructor(pseudonyms: Pseudonyms | undefined) {
    this.#pseudonyms = pseudonyms
  }

  /** Nothing has been found that is not yet shown and reported. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#opened.length === 0
  }

  /** Takes a match; one inside another is dropped. `value` is its text, for actions that make something of it. */
  add(candidate: Candidate, value: string): void {
    if (this.#contains(candidate)) return
    if (candidate.isCut && this.#lengthen(candidate)) return
    this.#insert(toPending(candidate, value))
  }

  /** Automata find matches in the order of their ends; the span of a detector may come later. */
  #insert(pending: Pending): void {
    this.#longest = Math.max(this.#longest, pending.end - pending.start)
    let at = this.#pending.length
    while (at > 0 && (this.#pending[at - 1]?.end ?? 0) > pending.end) at -= 1
    if (at === this.#pending.length) this.#pending.push(pending)
    else this.#pending.splice(at, 0, pending)
  }

  /** Whether a match of the same rule contains this one; if not, those that it contains are dropped. */
  #contains({ rule, start, end }: Candidate): boolean {
    for (const p of this.#opened) {
      if (p.rule === rule && p.start <= start && end <= p.end) return true
    }
    for (let i = this.#pending.length - 1; i >= 0; i -= 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end <= start) break
      if (p.rule !== rule) continue
      if (p.start <= start && end <= p.end) return true
      if (start <= p.start && p.end <= end) this.#pending.splice(i, 1)
    }
    return false
  }

  /** One endless match gives one finding, and not one for each of its ends. */
  #lengthen({ rule, start, end }: Candidate): boolean {
    for (let i = this.#pending.length - 1; i >= 0; i -= 1) {
      const p = this.#pending[i]
      if (p === undefined || p.end <= start) break
      if (!p.isCut || p.rule !== rule || p.start > start) continue
      p.end = end
      this.#pending.splice(i, 1)
      this.#insert(p)
      return true
    }
    return false
  }

  /** Takes a match that has only begun. Whoever opened it moves its end and closes it; a mask keeps nothing of it. */
  open(candidate: Candidate): OpenCandidate {
    const pending = toPending(candidate, '')
    pending.keptFrom = Number.POSITIVE_INFINITY
    pending.isOpen = true
    pending.isOpenEnded = true
    this.#opened.push(pending)
    return pending
  }

  /** Forgets candidates that turned out not to count. */
  drop(isDropped: (candidate: Candidate) => boolean): void {
    this.#opened = this.#opened.filter((pending) => !isDropped(pending))
    this.#pending = this.#pending.filter((pending) => !isDropped(pending))
  }

  /** What is shown of `text`, which begins at offset `from` of the stream. Call it for adjoining stretches in order. */
  show(text: string, from: number): string {
    const shown = this.isIdle || text === '' ? text : this.#shown(text, from)
    if (this.#pseudonyms !== undefined && shown !== '') this.#before = shown.slice(-1)
    return shown
  }

  /** The text is over, and another one follows. */
  endText(): void {
    this.#before = ''
  }

  #shown(text: string, from: number): string {
    const to = from + text.length
    const byStart = this.#startingBefore(to)
    let first = 0
    let shown = ''
    for (let at = from; at < to; ) {
      while ((byStart[first]?.end ?? to) <= at) first += 1
      let owner: Pending | undefined
      let until = to
      for (let i = first; i < byStart.length; i += 1) {
        const p = byStart[i]
        if (p === undefined || p.end <= at) continue
        until = Math.min(until, p.start > at ? p.start : p.end)
        if (p.start > at) break
        if (owner === undefined || precedence(p, owner) < 0) owner = p
      }
      const stretch = text.slice(at - from, until - from)
      if (owner === undefined) shown += stretch
      else if (owner.rule.action === 'pseudonymize') shown += this.#pseudonym(owner, at, shown)
      else if (isLabel(owner.rule.action)) shown += this.#label(owner)
      else shown += this.#rewrite(owner, stretch, at)
      at = until
    }
    return shown
  }

  /** What may cover a stretch that ends at `to`, in the order of their starts. */
  #startingBefore(to: number): Pending[] {
    const result: Pending[] = []
    for (const p of this.#opened) if (p.start < to) result.push(p)
    for (const p of this.#pending) {
      if (p.end - this.#longest >= to) break
      if (p.start < to) result.push(p)
    }
    return isInOrder(result) ? result : result.sort((a, b) => a.start - b.start)
  }

  /** The findings that end at or before `to`, in the order of their ends; those that own no character are dropped. */
  report(to: number): readonly Finding[] {
    const done: Pending[] = []
    // Of many that wait most stay, so that taking one by one is cheaper than to move the others once.
    for (let first = this.#pending[0]; first !== undefined && first.end <= to; ) {
      if (first.isOwner) done.push(first)
      this.#pending.shift()
      first = this.#pending[0]
    }
    if (this.#pending.length === 0) this.#longest = 0
    if (this.#opened.length > 0) {
      const isDone = (p: Pending) => !p.isOpen && p.end <= to
      done.push(...this.#opened.filter((p) => isDone(p) && p.isOwner))
      this.#opened = this.#opened.filter((p) => !isDone(p))
    }
    return done.length === 0 ? NO_FINDINGS : toFindings(done)
  }

  /** What has been concealed or shown in part when a block ends the stream. */
  reportRest(): readonly Finding[] {
    const rest = [...this.#opened, ...this.#pending]
    this.#opened = []
    this.#pending = []
    return toFindings(rest.filter((p) => p.isOwner))
  }

  /** The offset up to which nothing has to wait, because what covers `to` is already shown as a label. */
  coveredUntil(to: number): number {
    let until = to
    for (const p of this.#opened) until = Math.max(until, labelledUntil(p, to))
    for (const p of this.#pending) {
      if (p.end - this.#longest >= to) break
      until = Math.max(until, labelledUntil(p, to))
    }
    return until
  }

  /** A label is shown once, and not again where a match goes on that another one has interrupted. */
  #label(owner: Pending): string {
    const continues = this.#takesOver(owner)
    if (owner.isLabelShown) return ''
    owner.isLabelShown = true
    return continues ? '' : this.#quoted(owner.rule.label(owner.value))
  }

  /**
   * The stand-in of a match from where it first decides, up to its end. One that is cut is not known whole, and what stands
   * for a part of it would not lead back to it.
   */
  #pseudonym(owner: Pending, at: number, shown: string): string {
    if (this.#pseudonyms === undefined) return this.#label(owner)
    const last = this.#lastOwner
    const continues = this.#takesOver(owner)
    if (owner.isLabelShown) return ''
    owner.isLabelShown = true
    if (owner.isCut)
      return continues && last?.isCut === true ? '' : this.#quoted(owner.rule.label(''))
    const value = this.#unquoted(owner.value.slice(at - owner.start))
    const { rule } = owner
    const standIn = this.#pseudonyms.standInOf(
      rule.entity,
      value,
      endsInWord(shown || this.#before),
    )
    return standIn ?? this.#quoted(rule.label(value))
  }

  /** What a part of a JSON string says. */
  #unquoted(text: string): string {
    if (!this.isQuoting || !text.includes('\\')) return text
    try {
      return JSON.parse(`"${text}"`)
    } catch {
      return text
    }
  }

  #rewrite(owner: Pending, stretch: string, at: number): string {
    this.#takesOver(owner)
    if (owner.rule.action === 'observe') return stretch
    owner.keptFrom ??= owner.start + keptFrom(owner.value, owner.rule.keepLast)
    const masked = Math.min(Math.max(owner.keptFrom - at, 0), stretch.length)
    const mask = this.#quoted(owner.rule.maskCharacter)
    return mask.repeat(countCharacters(stretch.slice(0, masked))) + stretch.slice(masked)
  }

  #quoted(text: string): string {
    return this.isQuoting ? JSON.stringify(text).slice(1, -1) : text
  }

  /** Notes who decides now. Whether the one before was of the same rule and reaches into this one. */
  #takesOver(owner: Pending): boolean {
    const last = this.#lastOwner
    this.#lastOwner = owner
    owner.isOwner = true
    return last?.rule === owner.rule && owner.start < last.end
  }
}

function toPending({ rule, start, end, score, isCut }: Candidate, value: string): Pending {
  return {
    rule,
    start,
    end,
    score,
    isCut,
    value,
    // Of a match that is cut it is not known what its last characters are.
    keptFrom: isCut ? Number.POSITIVE_INFINITY : undefined,
    isOpen: false,
    isOpenEnded: false,
    isOwner: false,
    isLabelShown: false,
  }
}

/** The end of what is shown as a label from before `to` on. */
function labelledUntil({ rule, start, end }: Pending, to: number): number {
  return start < to && isLabel(rule.action) ? end : to
}

/** Whether none starts before the one that it follows: those of one rule never do. */
function isInOrder(pending: readonly Pending[]): boolean {
  for (let i = 1; i < pending.length; i += 1) {
    if ((pending[i]?.start ?? 0) < (pending[i - 1]?.start ?? 0)) return false
  }
  return true
}

/** Negative if `a` decides over `b` where both cover a character. */
function precedence(a: Pending, b: Pending): number {
  return (
    b.rule.concealment - a.rule.concealment ||
    a.start - b.start ||
    reachOf(b) - reachOf(a) ||
    b.score - a.score ||
    a.rule.index - b.rule.index
  )
}

/** What is open-ended is taken to reach furthest: how far it has come is no fact of the text, but of the moment. */
function reachOf({ isOpenEnded, end }: Pending): number {
  return isOpenEnded ? Number.MAX_SAFE_INTEGER : end
}

function toFindings(owners: Pending[]): readonly Finding[] {
  if (owners.length > 1) owners.sort((a, b) => a.end - b.end || precedence(a, b))
  const findings: Finding[] = []
  for (const owner of owners) findings.push(toFinding(owner))
  return findings
}

export function toFinding({ rule, start, end, score }: Candidate): Finding {
  return { entity: rule.entity, start, end, score, ruleId: rule.id, action: rule.action }
}
