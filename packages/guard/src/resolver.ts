// Decides what is shown of a stretch of text once everything that could match in it is known: for each character the
// most concealing finding over it wins. When that is the case is the stream's to say.

import type { Finding } from './finding.ts'
import { foldIdentifiers } from './fold.ts'
import { isLabel, keptFrom } from './operators.ts'
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
  /** The text shown instead, for actions that show a label. */
  label: string
  /** Offset from which a mask keeps characters. */
  keptFrom: number
  isOwner: boolean
  isLabelShown: boolean
}

export class Resolver {
  #pending: Pending[] = []
  #lastOwner: Pending | undefined

  /** Nothing has been found that is not yet shown and reported. */
  get isIdle(): boolean {
    return this.#pending.length === 0
  }

  /** Takes a match whose text is `value`. A match inside another one of the same rule is dropped. */
  add(candidate: Candidate, value: string): void {
    const { rule, start, end } = candidate
    const isSame = (other: Candidate) => other.rule === rule
    if (this.#pending.some((p) => isSame(p) && p.start <= start && end <= p.end)) return
    if (candidate.isCut && this.#lengthen(candidate)) return
    this.#pending = this.#pending.filter((p) => !(isSame(p) && start <= p.start && p.end <= end))
    const pending = toPending(candidate)
    if (isLabel(rule.action)) pending.label = rule.label(foldIdentifiers(value))
    if (candidate.isCut) pending.keptFrom = Number.POSITIVE_INFINITY
    else if (rule.action === 'mask') pending.keptFrom = start + keptFrom(value, rule.keepLast)
    this.#pending.push(pending)
  }

  /** One endless match gives one finding, and not one for each of its ends. */
  #lengthen({ rule, start, end }: Candidate): boolean {
    const shorter = this.#pending.find(
      (p) => p.isCut && p.rule === rule && p.start <= start && start < p.end,
    )
    if (shorter === undefined) return false
    shorter.end = end
    return true
  }

  /** Takes a match that has only begun. Whoever opened it moves its end and closes it; a mask keeps nothing of it. */
  open(candidate: Candidate): OpenCandidate {
    const { rule } = candidate
    const pending = toPending(candidate)
    if (isLabel(rule.action)) pending.label = rule.label('')
    pending.keptFrom = Number.POSITIVE_INFINITY
    pending.isOpen = true
    this.#pending.push(pending)
    return pending
  }

  /** Forgets candidates that turned out not to count. */
  drop(isDropped: (candidate: Candidate) => boolean): void {
    this.#pending = this.#pending.filter((pending) => !isDropped(pending))
  }

  /** What is shown of `text`, which begins at offset `from` of the stream. Call it for adjoining stretches in order. */
  show(text: string, from: number): string {
    if (this.isIdle) return text
    let shown = ''
    let at = from
    const to = from + text.length
    while (at < to) {
      const owner = this.#ownerOf(at)
      const until = this.#nextChange(at, to)
      const stretch = text.slice(at - from, until - from)
      shown += owner === undefined ? stretch : this.#conceal(owner, stretch, at)
      at = until
    }
    return shown
  }

  /** The findings that end at or before `to`, in the order of their ends; those that own no character are dropped. */
  report(to: number): Finding[] {
    const isDone = (p: Pending) => !p.isOpen && p.end <= to
    const done = this.#pending.filter(isDone)
    if (done.length === 0) return []
    this.#pending = this.#pending.filter((p) => !isDone(p))
    return toFindings(done)
  }

  /** What has been concealed or shown in part when a block ends the stream. */
  reportRest(): Finding[] {
    const rest = this.#pending
    this.#pending = []
    return toFindings(rest)
  }

  /** The offset up to which nothing has to wait, because what covers `to` is already shown as a label. */
  coveredUntil(to: number): number {
    let until = to
    for (const p of this.#pending) {
      if (p.start < to && p.end > until && isLabel(p.rule.action)) until = p.end
    }
    return until
  }

  #ownerOf(at: number): Pending | undefined {
    let owner: Pending | undefined
    for (const p of this.#pending) {
      if (p.start <= at && at < p.end && (owner === undefined || precedence(p, owner) < 0))
        owner = p
    }
    return owner
  }

  #nextChange(at: number, to: number): number {
    let next = to
    for (const p of this.#pending) {
      if (p.start > at && p.start < next) next = p.start
      if (p.end > at && p.end < next) next = p.end
    }
    return next
  }

  #conceal(owner: Pending, stretch: string, at: number): string {
    const continues = this.#lastOwner?.rule === owner.rule && owner.start < this.#lastOwner.end
    this.#lastOwner = owner
    owner.isOwner = true
    if (owner.rule.action === 'observe') return stretch
    if (owner.rule.action === 'mask') {
      const masked = Math.min(Math.max(owner.keptFrom - at, 0), stretch.length)
      return owner.rule.maskCharacter.repeat(masked) + stretch.slice(masked)
    }
    if (owner.isLabelShown) return ''
    owner.isLabelShown = true
    return continues ? '' : owner.label
  }
}

function toPending({ rule, start, end, score, isCut }: Candidate): Pending {
  return {
    rule,
    start,
    end,
    score,
    isCut,
    label: '',
    keptFrom: start,
    isOpen: false,
    isOwner: false,
    isLabelShown: false,
  }
}

/** Negative if `a` decides over `b` where both cover a character. */
function precedence(a: Candidate, b: Candidate): number {
  return (
    b.rule.concealment - a.rule.concealment ||
    a.start - b.start ||
    b.end - a.end ||
    b.score - a.score ||
    a.rule.index - b.rule.index
  )
}

function toFindings(pending: readonly Pending[]): Finding[] {
  return pending
    .filter((p) => p.isOwner)
    .sort((a, b) => a.end - b.end || precedence(a, b))
    .map(toFinding)
}

export function toFinding({ rule, start, end, score }: Candidate): Finding {
  return { entity: rule.entity, start, end, score, ruleId: rule.id, action: rule.action }
}
