// Law 7: whatever a detector says of an answer, and whenever, no text is lost and none that was not judged is shown; and how
// the answer is cut makes no difference.
import { compilePolicy, type OnFailure, Segmenter, type Span } from '@sluice/guard'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Answer } from '../../src/completion/answer.ts'
import { CompletionLog, EntryKind, entryOf } from '../../src/completion/log.ts'
import { MemoryBudget } from '../../src/completion/memory-budget.ts'
import { TokenMeter } from '../../src/completion/token-meter.ts'
import { CONTENT, REASONING } from '../../src/deltas.ts'
import { GatewayError } from '../../src/errors.ts'

const NAMES = /Ada(?: Lovelace)?|Zoë 🦊|B "o" b/g

/** What a detector does with its n-th segment: how many turns of the event loop it takes, and whether it fails. */
interface Mood {
  turns: number
  fails: boolean
}

interface Turn {
  who: 'content' | 'reasoning' | 'call'
  text: string
  cuts: number[]
}

interface Judged {
  /** What was shown, adjacent texts of one kind together: `content: ...`. */
  shown: string[]
  failure: unknown
  unjudged: number
  asked: string[]
  mostAtOnce: number
}

function spansOf(text: string): Span[] {
  return [...text.matchAll(NAMES)].map(({ index, 0: name }) => ({
    ...{ entity: 'PERSON', score: 0.9 },
    ...{ start: index, end: index + name.length },
  }))
}

function policyWith(detect: (text: string) => Promise<Span[]>, onFailure: OnFailure) {
  const names = { entities: ['PERSON', 'RUDE'], detect }
  const direction = 'output' as const
  return compilePolicy(
    {
      name: 'own',
      detectors: ['names'],
      rules: [
        { entity: 'PERSON', action: { kind: 'redact' }, direction, onFailure },
        { entity: 'RUDE', action: { kind: 'block' }, category: 'safety', direction, onFailure },
      ],
    },
    { detectors: { names } },
  )
}

async function hops(turns: number): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function judged(
  turns: readonly Turn[],
  moods: readonly Mood[],
  onFailure: OnFailure = 'block',
): Promise<Judged> {
  const result: Judged = { shown: [], failure: undefined, unjudged: 0, asked: [], mostAtOnce: 0 }
  let open = 0
  const detect = async (text: string) => {
    const { turns: wait, fails } = moods[result.asked.length] ?? { turns: 0, fails: false }
    result.asked.push(text)
    open += 1
    result.mostAtOnce = Math.max(result.mostAtOnce, open)
    await hops(wait)
    open -= 1
    if (fails) throw new Error('out of order')
    const rude = /rude/.test(text) ? [{ entity: 'RUDE', start: 0, end: text.length, score: 1 }] : []
    return [...spansOf(text), ...rude]
  }
  const log = new CompletionLog(new MemoryBudget(1e9))
  const answer = new Answer({
    ...{ log, policy: policyWith(detect, onFailure), isJson: false, verbatim: false },
    ...{ maxCharacters: 1e6, meter: new TokenMeter(new MemoryBudget(1e9)), choices: 1, tools: [] },
    onFindings: () => {},
    onRead: () => {},
    judging: {
      signal: new AbortController().signal,
      onUnjudged: () => {
        result.unjudged += 1
      },
      onJudged: () => {},
      onFailure: () => {},
    },
  })
  try {
    for (const turn of turns) for (const piece of piecesOf(turn)) give(answer, turn.who, piece)
    await answer.settled()
    answer.finish(0, 'stop')
    answer.end()
  } catch (error) {
    result.failure = error
    await answer.settled().catch(() => {})
    if (error instanceof GatewayError) answer.release()
  }
  result.shown = shownIn(log)
  return result
}

function give(answer: Answer, who: Turn['who'], text: string): void {
  const nothing = { id: undefined, name: undefined, extensions: undefined }
  if (who === 'call') answer.toolCall(0, { ...nothing, index: 0, arguments: text })
  else answer.text(0, who === 'content' ? CONTENT : REASONING, text)
  answer.endEvent('')
}

function piecesOf({ text, cuts }: Turn): string[] {
  const inside = cuts.filter((cut) => cut < text.length)
  const places = [...new Set([0, ...inside, text.length])].sort((a, b) => a - b)
  return places.slice(1).map((to, i) => text.slice(places[i], to))
}

/** Texts in their order, and the arguments of the call, whose rest the guard lets go of at the end. */
function shownIn(log: CompletionLog): string[] {
  const shown: [string, string][] = []
  for (let position = 1; position <= log.top; position += 1) {
    const { tag, bytes, start, end } = log.read(position)
    const { kind, channel } = entryOf(tag)
    const json = bytes.toString('utf8', start, end)
    const name =
      kind === EntryKind.text ? `text ${channel}` : kind === EntryKind.toolCall ? 'call' : ''
    if (name === '') continue
    const text = name === 'call' ? JSON.parse(json).function.arguments : JSON.parse(`"${json}"`)
    shown.push([name, text])
  }
  return merged(shown)
}

function merged(parts: readonly (readonly [name: string, text: string])[]): string[] {
  const ofCall = parts.filter(([name]) => name === 'call').map(([, text]) => text)
  const texts: [string, string][] = []
  for (const [name, text] of parts.filter(([name]) => name !== 'call')) {
    const last = texts.at(-1)
    if (last?.[0] === name) last[1] += text
    else texts.push([name, text])
  }
  return [...texts.map(([name, text]) => `${name}: ${text}`), `call: ${ofCall.join('')}`]
}

/** What is to be shown: each segment by itself, with its names concealed. */
function expected(turns: readonly Turn[], isJudged: (index: number) => boolean = () => true) {
  const shown: [string, string][] = []
  let asked = 0
  for (const { who, text } of turns) {
    const name = { content: 'text 0', reasoning: 'text 1', call: 'call' }[who]
    for (const segment of segmentsOf(text)) {
      const isAsked = /[\p{L}\p{N}]/u.test(segment)
      const isSafe = !isAsked || isJudged(asked)
      if (isAsked) asked += 1
      shown.push([name, isSafe ? segment.replaceAll(NAMES, '[PERSON]') : segment])
    }
  }
  return { shown: merged(shown), asked }
}

function segmentsOf(text: string): string[] {
  const segmenter = new Segmenter()
  return [...segmenter.push(text), segmenter.end()].filter((segment) => segment !== '')
}

const words = fc.constantFrom(
  ...['Ada Lovelace', 'Zoë 🦊', 'B "o" b', 'so', 'it is. ', 'who? ', '\n', ', ', '。', '!', ' '],
  'y'.repeat(100),
)
const turn: fc.Arbitrary<Turn> = fc.record({
  who: fc.constantFrom('content', 'reasoning', 'call'),
  text: fc.array(words, { maxLength: 10 }).map((parts) => `- ${parts.join(' ')}`),
  cuts: fc.array(fc.nat(300), { maxLength: 8 }),
})
/** Neighbours of one kind are one text. */
const turnLists = fc
  .array(turn, { minLength: 1, maxLength: 5 })
  .map((turns) => turns.filter(({ who }, i) => who !== turns[i - 1]?.who))
const moods = fc.array(fc.record({ turns: fc.nat(3), fails: fc.constant(false) }), {
  maxLength: 20,
})

describe('law 7, an answer that detectors judge', () => {
  it('is shown whole and in order, for every cut and however late they are', async () => {
    await fc.assert(
      fc.asyncProperty(turnLists, moods, async (turns, how) => {
        const { shown, failure, mostAtOnce } = await judged(turns, how)
        expect(failure).toBeUndefined()
        expect(shown).toEqual(expected(turns).shown)
        expect(mostAtOnce).toBeLessThanOrEqual(4)
      }),
      { numRuns: 300 },
    )
  })

  it('is shown up to what they fail at, and no further, where that blocks', async () => {
    await fc.assert(
      fc.asyncProperty(turnLists, moods, fc.nat(12), async (turns, how, at) => {
        const all = expected(turns)
        const failing = Array.from({ length: at + 1 }, (_, i) => ({
          turns: how[i]?.turns ?? 0,
          fails: i === at,
        }))
        const { shown, failure } = await judged(turns, failing)
        if (at >= all.asked) {
          expect(failure).toBeUndefined()
          expect(shown).toEqual(all.shown)
          return
        }
        expect(failure).toMatchObject({ code: 'overloaded' })
        const [call, ...texts] = shown.toReversed()
        expect(all.shown.at(-1)?.startsWith(call ?? '')).toBe(true)
        expect(all.shown.join('\n').startsWith(texts.reverse().join('\n'))).toBe(true)
        expect(shown.join('\n')).not.toMatch(NAMES)
        expect(shown.join('').length).toBeLessThan(all.shown.join('').length)
      }),
      { numRuns: 300 },
    )
  })

  it('is shown whole where that lets pass, and counted', async () => {
    await fc.assert(
      fc.asyncProperty(turnLists, fc.nat(6), async (turns, at) => {
        const failing = Array.from({ length: at + 1 }, (_, i) => ({ turns: 1, fails: i === at }))
        const { shown, failure, unjudged } = await judged(turns, failing, 'pass')
        const all = expected(turns, (index) => index !== at)
        expect(failure).toBeUndefined()
        expect(shown).toEqual(all.shown)
        expect(unjudged).toBe(at < all.asked ? 1 : 0)
      }),
      { numRuns: 200 },
    )
  })

  it('ends with a verdict that blocks, and shows nothing of what it is about', async () => {
    const text = 'All is well. You are rude. And more.'
    const { shown, failure } = await judged([{ who: 'content', text, cuts: [3, 15] }], [])
    expect(failure).toMatchObject({ direction: 'output', category: 'safety' })
    expect(shown).toEqual(['text 0: All is well. ', 'call: '])
  })
})
