// Decides what is shown of a stretch of text once everything that could match in it is known: for each character the
// most concealing finding over it wins. When that is the case is the stream's to say.

import { countCharacters } from './characters.ts'
import { type Finding, NO_FINDINGS } from './finding.ts'
import { isLabel, keptFrom } from './operators.ts'
import {
  type Candidate,
  type OpenCandidate,
  type Pending,
  PendingMatches,
  precedence,
} from './pending-matches.ts'
import type { Pseudonyms } from './pseudonyms/pseudonyms.ts'
import { endsInWord } from './pseudonyms/words.ts'

export class Resolver {
  readonly #pending = new PendingMatches()
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
    return this.#pending.isEmpty
  }

  /** Takes a match; one inside another is dropped. `value` is its text, for actions that make something of it. */
  add(candidate: Candidate, value: string): void {
    this.#pending.add(candidate, value)
  }

  /** Takes a match that has only begun. Whoever opened it moves its end and closes it; a mask keeps nothing of it. */
  open(candidate: Candidate): OpenCandidate {
    return this.#pending.open(candidate)
  }

  /** Forgets candidates that turned out not to count. */
  drop(isDropped: (candidate: Candidate) => boolean): void {
    this.#pending.drop(isDropped)
  }

  /** The findings that end at or before `to`, in the order of their ends; those that own no character are dropped. */
  report(to: number): readonly Finding[] {
    return toFindings(this.#pending.takeEnded(to))
  }

  /** What has been concealed or shown in part when a block ends the stream. */
  reportRest(): readonly Finding[] {
    return toFindings(this.#pending.takeAll())
  }

  /** The offset up to which nothing has to wait, because what covers `to` is already shown as a label. */
  coveredUntil(to: number): number {
    return this.#pending.coveredUntil(to)
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
    const byStart = this.#pending.startingBefore(to)
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
      if (owner === undefined) shown += text.slice(at - from, until - from)
      else if (owner.rule.action === 'pseudonymize') shown += this.#pseudonym(owner, at, shown)
      else if (isLabel(owner.rule.action)) shown += this.#label(owner)
      else shown += this.#rewrite(owner, text.slice(at - from, until - from), at)
      at = until
    }
    return shown
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

function toFindings(pending: readonly Pending[]): readonly Finding[] {
  const [only] = pending
  if (only === undefined) return NO_FINDINGS
  if (pending.length === 1) return only.isOwner ? [toFinding(only)] : NO_FINDINGS
  const owners = pending.filter((p) => p.isOwner)
  owners.sort((a, b) => a.end - b.end || precedence(a, b))
  return owners.map(toFinding)
}

export function toFinding({ rule, start, end, score }: Candidate): Finding {
  return { entity: rule.entity, start, end, score, ruleId: rule.id, action: rule.action }
}
