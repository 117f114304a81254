/** One choice of an answer: the guard's streams over its texts and tool calls, and what they let go of into the log. */
import { createHash } from 'node:crypto'
import type {
  Channel,
  Finding,
  GuardStream,
  Policy,
  Pseudonyms,
  Span,
  StreamResult,
} from '@sluice/guard'
import { type Extensions, TEXT_CHANNELS, type ToolCallDelta } from '../deltas.ts'
import { Blocked, blockCategory } from '../request/prepare.ts'
import { GuardedExtensions } from './guarded-extensions.ts'
import { type CompletionLog, EntryKind, tagOf } from './log.ts'
import { passesWhole } from './passes-whole.ts'

export interface GuardedChoiceOptions {
  log: CompletionLog
  policy: Policy
  /** The stand-ins of the request, which become values again behind the guard; undefined where the policy makes none. */
  standIns?: Pseudonyms | undefined
  /** Whether the request asked for JSON. */
  isJson: boolean
  /** The names of the request's tools. */
  tools: readonly string[]
  /** Told what the guard found, in order. */
  onFindings: (findings: readonly Finding[]) => void
  /** Told of each extension value that does not pass. */
  onRefusedExtension: () => void
}

const JSON_FORMAT = { format: 'json' } as const

/** Stands for a name that the guard would not let pass. */
const CONCEALED = 'concealed'
/** A name that comes in pieces is not longer in all. */
const MAX_NAME_CHARACTERS = 256

interface GuardedCall {
  /** Of its arguments; null as long as none have come, since the policy may depend on its name. */
  stream: GuardStream | undefined | null
  /** Its name so far, as it came. */
  name: string
  /** What came before the name was whole; undefined if there is nothing, or not any more. */
  head: ToolCallDelta | undefined
  extensions: GuardedExtensions | undefined
}

/** Its methods throw Blocked after the text that came before the block was passed on. */
export class GuardedChoice {
  /** Characters that the guard holds back now. */
  held = 0
  readonly #index: number
  readonly #options: GuardedChoiceOptions
  /** By channel; `undefined` where the policy has nothing to do. */
  #texts: (GuardStream | undefined)[] = []
  /** By the index of the tool call. */
  readonly #calls = new Map<number, GuardedCall>()
  /** Undefined until there are any: hardly an upstream has them. */
  #extensions: GuardedExtensions | undefined
  /** The channel that text came of last; undefined while a tool call comes. */
  #speaking: Channel | undefined
  /** The call whose name may go on. */
  #unnamed: GuardedCall | undefined

  constructor(index: number, options: GuardedChoiceOptions) {
    this.#index = index
    this.#options = options
  }

  /** Takes text of one of the text channels. `spans`: what detectors found in it, at offsets of the channel's whole text. */
  text(channel: number, text: string, spans?: readonly Span[]): void {
    const name = nameOf(channel)
    if (text !== '' && name !== this.#speaking) this.#turnTo(name)
    if (!(channel in this.#texts)) this.#texts[channel] = this.#open(name)
    const stream = this.#texts[channel]
    if (stream === undefined) this.#appendText(channel, text)
    else this.#release(stream.push(text, spans), channel)
  }

  toolCall(given: ToolCallDelta, spans?: readonly Span[]): void {
    if (this.#speaking !== undefined) this.#turnTo(undefined)
    const call = this.#callOf(given.index)
    if (this.#unnamed !== call) this.#tellName()
    const part = withHead(call, given)
    if (this.#waitsForName(call, part)) return
    this.#unnamed = undefined
    call.head = undefined
    const name = this.#namePiece(call, part.name)
    const text = part.arguments
    const result = text === '' ? undefined : this.#argumentsOf(call)?.push(text, spans)
    const extensions = this.#callExtensions(call, part.extensions)
    this.#appendToolCall({ ...part, name, arguments: result?.text ?? text, extensions })
    if (result !== undefined) this.#note(result)
  }

  extensions(fields: Extensions): void {
    this.#extensions ??= this.#guardedExtensions()
    const passed = this.#extensions.pass(fields)
    if (passed !== undefined) this.#append(EntryKind.extension, passed)
  }

  /**
   * The text that spoke last gives way to another one or to a tool call: its last word is to come before what follows. It
   * may still go on, so its stream stays open.
   */
  #turnTo(next: Channel | undefined): void {
    const before = this.#speaking
    this.#speaking = next
    this.#tellName()
    if (before === undefined) return
    this.#texts.forEach((stream, channel) => {
      if (stream !== undefined && nameOf(channel) === before)
        this.#release(stream.release(), channel)
    })
  }

  /** Ends the guard's streams and passes on what they held. */
  release(): void {
    this.#tellName()
    this.#texts.forEach((stream, channel) => {
      if (stream !== undefined) this.#release(stream.end(), channel)
    })
    this.#texts = []
    for (const [index, call] of this.#calls) this.#releaseCall(index, call)
    this.#calls.clear()
    for (const rest of this.#extensions?.release() ?? []) {
      this.#options.log.endChunk()
      this.#append(EntryKind.extension, rest)
    }
  }

  #releaseCall(index: number, { stream, extensions }: GuardedCall): void {
    const part = { index, id: undefined, name: undefined, arguments: '', extensions: undefined }
    for (const rest of extensions?.release() ?? [])
      this.#appendToolCall({ ...part, extensions: rest })
    if (stream === undefined || stream === null) return
    const result = stream.end()
    this.#appendToolCall({ ...part, arguments: result.text })
    this.#note(result)
  }

  #callExtensions(call: GuardedCall, fields: Extensions | undefined): Extensions | undefined {
    if (fields === undefined) return undefined
    call.extensions ??= this.#guardedExtensions()
    return call.extensions.pass(fields)
  }

  #guardedExtensions(): GuardedExtensions {
    return new GuardedExtensions({
      policy: this.#options.policy,
      note: (result) => this.#note(result),
      onRefused: this.#options.onRefusedExtension,
    })
  }

  /** @param tool the name of the tool whose arguments the text is */
  #open(channel: Channel, tool = ''): GuardStream | undefined {
    const isJson = channel === 'content' && this.#options.isJson
    const where = { direction: 'output', channel, ...(isJson && JSON_FORMAT) } as const
    const pseudonyms = this.#standInsIn(channel, tool)
    if (pseudonyms !== undefined) return this.#options.policy.open({ ...where, pseudonyms })
    return this.#options.policy.applies(where) ? this.#options.policy.open(where) : undefined
  }

  /** The stand-ins that become values again in a text; undefined if none do. */
  #standInsIn(channel: Channel, tool: string): Pseudonyms | undefined {
    const { standIns, policy } = this.#options
    if (standIns === undefined || standIns.size === 0 || policy.pseudonyms === undefined)
      return undefined
    const { restoreIn, restoreTools } = policy.pseudonyms
    if (channel !== 'tool_arguments') return restoreIn.includes(channel) ? standIns : undefined
    return restoreTools === 'all' || restoreTools.includes(tool) ? standIns : undefined
  }

  #argumentsOf(call: GuardedCall): GuardStream | undefined {
    if (call.stream === null) call.stream = this.#open('tool_arguments', call.name)
    return call.stream
  }

  #callOf(index: number): GuardedCall {
    let call = this.#calls.get(index)
    if (call === undefined) {
      call = { stream: null, name: '', head: undefined, extensions: undefined }
      this.#calls.set(index, call)
    }
    return call
  }

  /**
   * Whether a part is kept back because the name may go on: some servers send it in pieces, and most clients take the first
   * for all of it. It is whole when it can be no other tool's, and when anything else comes.
   */
  #waitsForName(call: GuardedCall, part: ToolCallDelta): boolean {
    const { name } = part
    const saysMore = part.arguments !== '' || part.extensions !== undefined
    if (saysMore || name === undefined || call.name !== '') return false
    if (!this.#options.tools.some((tool) => tool !== name && tool.startsWith(name))) return false
    call.head = part
    this.#unnamed = call
    return true
  }

  /** Tells of the call whose name was waited for. */
  #tellName(): void {
    const call = this.#unnamed
    this.#unnamed = undefined
    if (call?.head === undefined) return
    const { head } = call
    call.head = undefined
    this.#appendToolCall({ ...head, name: this.#namePiece(call, head.name) })
  }

  /**
   * What passes of a name, which a server may send in pieces, or again and again. Behind arguments a name does not go on:
   * values are in them by what it was.
   */
  #namePiece(call: GuardedCall, piece: string | undefined): string | undefined {
    if (piece === undefined || piece === call.name) return undefined
    const isFirst = call.name === ''
    if (!isFirst && call.stream !== null) return undefined
    if (call.name.length + piece.length > MAX_NAME_CHARACTERS) return undefined
    call.name += piece
    if (this.#isSafe(call.name)) return piece
    return isFirst ? CONCEALED : undefined
  }

  #release(result: StreamResult, channel: number): void {
    if (result.text !== '') this.#appendText(channel, result.text)
    this.#note(result)
  }

  #note({ findings, held, blocked }: StreamResult): void {
    this.held = held
    if (findings.length > 0) this.#options.onFindings(findings)
    if (blocked === undefined) return
    this.#options.log.endChunk()
    throw new Blocked('output', blockCategory(blocked))
  }

  #isSafe(text: string): boolean {
    return passesWhole(text, this.#options.policy)
  }

  #appendText(channel: number, text: string): void {
    this.#options.log.appendText(
      tagOf({ kind: EntryKind.text, channel, choice: this.#index }),
      text,
    )
  }

  /** An id that the guard would not let pass becomes another one, so that calls stay apart. */
  #safeId(id: string | undefined): string | undefined {
    if (id === undefined || this.#isSafe(id)) return id
    return `${CONCEALED}-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`
  }

  /** A part that says nothing, because its text is held, has no entry. */
  #appendToolCall({ index, id, name, arguments: text, extensions }: ToolCallDelta): void {
    const isHead = id !== undefined || name !== undefined
    if (!isHead && text === '' && extensions === undefined) return
    const type = isHead ? 'function' : undefined
    const called = { name, arguments: text }
    this.#append(EntryKind.toolCall, {
      index,
      id: this.#safeId(id),
      type,
      function: called,
      ...extensions,
    })
  }

  #append(kind: EntryKind, value: object): void {
    const tag = tagOf({ kind, channel: 0, choice: this.#index })
    this.#options.log.append(tag, JSON.stringify(value))
  }
}

/** A part with what was kept back before it. */
function withHead({ head }: GuardedCall, part: ToolCallDelta): ToolCallDelta {
  if (head === undefined) return part
  const { name = '' } = head
  const isRepeated = part.name === undefined || part.name === name
  return { ...part, id: head.id ?? part.id, name: isRepeated ? name : name + part.name }
}

function nameOf(channel: number): Channel {
  return TEXT_CHANNELS[channel]?.name ?? 'content'
}
