/**
 * The guard on a request: every text and number that the upstream would see, whatever its role or field, because a client
 * may choose any of them. Each value by itself, in turns on the event loop.
 */
import type { Block, OpenOptions, Policy, Pseudonyms, Role, ScanResult, Span } from '@sluice/guard'
import type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ChatTool,
  ToolCall,
} from '@sluice/protocol'
import type { Task } from '../scheduler.ts'
import type { SpansOf, Where } from './detected-texts.ts'
import { extensionsOf } from './extensions.ts'
import { FindingCounts } from './finding-counts.ts'
import { KnownTexts } from './known-texts.ts'

/** Characters between two looks at the clock: some milliseconds of the guard's worst case. */
const SLICE_CHARACTERS = 1_024
/** A longer text is no name, whatever its field is called: no upstream takes one. */
const LONGEST_NAME = 256
/** Whose words the definitions of a request are: those of whoever wrote the application. */
const DEFINITIONS: Role = 'developer'
/** What is written for a number with a finding: a number that every keyword of JSON Schema takes. */
const CONCEALED_NUMBER = 1

export interface GuardRequestOptions {
  policy: Policy
  task: Task
  /** What detectors found in the messages. */
  spansOf: SpansOf
  /** Takes in what is found. */
  findings: FindingCounts
  /** Whether the model's name is one of the configuration's or the table's own, not the client's invention. */
  isKnownModel: boolean
  /** Roles that are trusted of this client, beside the policy's. */
  trustedRoles?: readonly Role[] | undefined
  /** Takes in what is replaced by stand-ins; undefined where the policy makes none. */
  standIns?: Pseudonyms | undefined
}

/** The request as the upstream may see it, or why it may not see it. */
export type GuardedRequest = { request: ChatRequest } | { blocked: Block }

/**
 * Guards a whole request; the one given is not changed. A block ends the scan. What gets a stand-in in one text gets it in
 * all: where it is left in any, because nothing there tells what it is, the request is gone over again.
 */
export async function guardRequest(
  request: ChatRequest,
  options: GuardRequestOptions,
): Promise<GuardedRequest> {
  const { standIns, task, findings } = options
  let scan = new RequestScan(options)
  let guarded = await guardedBy(scan, request)
  if (standIns !== undefined && standIns.size > 0 && scan.blocked === undefined) {
    const known = new KnownTexts(standIns, task)
    if (await known.areIn(scan.texts)) {
      scan = new RequestScan({ ...options, known })
      guarded = await guardedBy(scan, request)
    }
  }
  findings.addAll(scan.findings)
  return scan.blocked === undefined ? { request: guarded } : { blocked: scan.blocked }
}

async function guardedBy(scan: RequestScan, request: ChatRequest): Promise<ChatRequest> {
  const messages: ChatMessage[] = []
  for (const message of request.messages) messages.push(await scan.message(message))
  return { ...request, messages, ...(await scan.definitions(request)) }
}

interface ScanOptions extends GuardRequestOptions {
  /** Where values are that have a stand-in already; undefined in the first scan. */
  known?: KnownTexts
}

/** How texts of a role and a channel are scanned, and whether any rule looks at them. */
interface Scope {
  readonly options: OpenOptions
  readonly applies: boolean
}

/** What a name becomes in which something was found: of the characters that every upstream takes in one. */
function nameOf(name: string, guarded: string): string {
  return guarded === name ? name : guarded.replaceAll(/[^\w-]/g, '')
}

class RequestScan {
  blocked: Block | undefined
  readonly findings = new FindingCounts()
  /** The texts as they would leave, if there are stand-ins. */
  readonly texts: string[] = []
  readonly #scopes = new Map<string, Scope>()
  readonly #options: ScanOptions

  constructor(options: ScanOptions) {
    this.#options = options
  }

  async message(message: ChatMessage): Promise<ChatMessage> {
    const { role } = message
    const guarded: Record<string, unknown> = { ...message }
    if (typeof message.content === 'string') {
      guarded.content = await this.#text(message.content, { role })
    }
    if ('name' in message && message.name !== undefined) {
      guarded.name = await this.#participant(message.name, role)
    }
    if (message.role === 'tool') guarded.tool_call_id = this.#name(message.tool_call_id, role)
    if (message.role === 'assistant') Object.assign(guarded, await this.#extensions(message))
    if (message.role === 'assistant' && message.tool_calls !== undefined) {
      const calls = []
      for (const call of message.tool_calls) {
        const { id, type, function: called } = call
        const text = await this.#text(called.arguments, { role, channel: 'tool_arguments' })
        const name = this.#name(called.name, role)
        const extensions = await this.#extensions(call)
        const known = { id: this.#name(id, role), type, function: { name, arguments: text } }
        calls.push({ ...extensions, ...known })
      }
      guarded.tool_calls = calls
    }
    return guarded as unknown as ChatMessage
  }

  async #extensions(fields: AssistantMessage | ToolCall): Promise<Record<string, unknown>> {
    const guarded: Record<string, unknown> = {}
    for (const [field, value] of extensionsOf(fields)) {
      guarded[field] = await this.#value(value, 'assistant')
    }
    return guarded
  }

  /** What a request has besides its messages. */
  async definitions(request: ChatRequest): Promise<Partial<ChatRequest>> {
    const { tools, toolChoice, responseFormat, stop, seed, maxTokens, modelId } = request
    if (!this.#applies({ role: DEFINITIONS })) return {}
    const guarded: Partial<ChatRequest> = {}
    if (tools !== undefined) guarded.tools = (await this.#value(tools)) as ChatTool[]
    if (toolChoice !== undefined) {
      guarded.toolChoice = (await this.#value(toolChoice)) as NonNullable<ChatRequest['toolChoice']>
    }
    if (responseFormat !== undefined) {
      guarded.responseFormat = (await this.#value(responseFormat)) as Record<string, unknown>
    }
    if (stop !== undefined) guarded.stop = (await this.#value(stop)) as string | string[]
    if (seed !== undefined) guarded.seed = this.#number(seed)
    if (maxTokens !== undefined) guarded.maxTokens = this.#number(maxTokens)
    if (!this.#options.isKnownModel) guarded.modelId = this.#name(modelId, DEFINITIONS)
    return guarded
  }

  /** A JSON value with its strings, keys and numbers guarded one by one: its structure stays what it was. */
  async #value(value: unknown, role: Role = DEFINITIONS): Promise<unknown> {
    if (typeof value === 'string') return await this.#text(value, { role })
    if (this.#options.task.isOver()) await this.#options.task.next()
    if (typeof value === 'number') return this.#number(value, role)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) {
      const items = []
      for (const item of value) items.push(await this.#value(item, role))
      return items
    }
    const fields: [string, unknown][] = []
    for (const [key, item] of Object.entries(value)) {
      const guarded = await this.#value(item, role)
      const isName = key === 'name' && typeof item === 'string' && item.length <= LONGEST_NAME
      fields.push([await this.#key(key, role), isName ? nameOf(item, guarded as string) : guarded])
    }
    return Object.fromEntries(fields)
  }

  /** The name of a field, which may be as long as any text. */
  async #key(key: string, role: Role): Promise<string> {
    return key.length <= SLICE_CHARACTERS
      ? this.#short(key, { role })
      : await this.#long(key, { role }, [])
  }

  #number(value: number, role: Role = DEFINITIONS): number {
    const text = String(value)
    return this.#short(text, { role }) === text ? value : CONCEALED_NUMBER
  }

  /** A name or an id, which the schema keeps short. */
  #name(text: string, role: Role): string {
    return nameOf(text, this.#short(text, { role }))
  }

  /** A participant's name may be one of the values that are known, with `_` for blanks. */
  async #participant(text: string, role: Role): Promise<string> {
    const { standIns, known } = this.#options
    const guarded = this.#name(text, role)
    if (standIns === undefined || guarded !== text || !this.#applies({ role })) return guarded
    const said = text.replaceAll('_', ' ')
    this.texts.push(said)
    if (known === undefined) return text
    const spans = await known.spansIn(said)
    if (spans.length === 0) return text
    return this.#short(said, { role }, spans)
      .replaceAll(' ', '_')
      .replaceAll(/[^\w-]/g, '')
  }

  #applies(where: Where): boolean {
    return this.blocked === undefined && this.#scopeOf(where).applies
  }

  /** The same for all texts of a role and a channel, of which there may be thousands. */
  #scopeOf({ role, channel }: Where): Scope {
    const key = `${role} ${channel}`
    const known = this.#scopes.get(key)
    if (known !== undefined) return known
    const { policy, trustedRoles, standIns } = this.#options
    const where = { ...(role && { role }), ...(channel && { channel }) }
    const options = { ...where, direction: 'input', trustedRoles, pseudonyms: standIns } as const
    const scope = { options, applies: policy.applies(options) }
    this.#scopes.set(key, scope)
    return scope
  }

  #short(text: string, where: Where, spans?: readonly Span[]): string {
    if (text === '' || !this.#applies(where)) return text
    const { options } = this.#scopeOf(where)
    const asked = spans === undefined ? options : { ...options, spans }
    return this.#take(this.#options.policy.scan(text, asked))
  }

  async #text(text: string, where: Where): Promise<string> {
    const { task, standIns } = this.#options
    if (task.isOver()) await task.next()
    if (!this.#applies(where)) return text
    const spans = await this.#spansIn(text, where)
    const guarded =
      text.length <= SLICE_CHARACTERS
        ? this.#short(text, where, spans)
        : await this.#long(text, where, spans)
    if (standIns !== undefined) this.texts.push(guarded)
    return guarded
  }

  /** What detectors found in a text, and what is known of it from elsewhere. */
  async #spansIn(text: string, where: Where): Promise<readonly Span[]> {
    const { spansOf, known } = this.#options
    const detected = spansOf(text, where) ?? []
    return known === undefined ? detected : [...detected, ...(await known.spansIn(text))]
  }

  async #long(text: string, where: Where, spans: readonly Span[]): Promise<string> {
    const { task, policy } = this.#options
    if (!this.#applies(where)) return text
    const stream = policy.open(this.#scopeOf(where).options)
    let guarded = ''
    for (let start = 0; start < text.length; start += SLICE_CHARACTERS) {
      const slice = text.slice(start, start + SLICE_CHARACTERS)
      guarded += this.#take(stream.push(slice, start === 0 ? spans : []))
      if (this.blocked !== undefined) return ''
      if (task.isOver()) await task.next()
    }
    return guarded + this.#take(stream.end())
  }

  #take({ text, findings, blocked }: ScanResult): string {
    if (findings.length > 0) this.findings.add('input', findings)
    this.blocked ??= blocked
    // The engine keeps a text that was put together as a tree of its pieces, many times its size, until one looks into it.
    text.charCodeAt(0)
    return text
  }
}
