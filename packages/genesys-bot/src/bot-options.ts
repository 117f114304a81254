/** The options of a bot with their defaults; checked once here, trusted everywhere else. */
import type { MemoryLimits } from './conversation-memory.ts'
import type { ReplyLimits } from './split-reply.ts'
import type { TurnReport } from './turns.ts'
import { MAX_TEXT_CHARACTERS } from './utterance.ts'

/** What the customer reads where there is no answer. None says what happened inside. */
export interface BotTexts {
  /** No answer within the deadline; the conversation goes on. */
  late: string
  /** The policy blocked the question or the answer; the conversation goes on. */
  blocked: string
  /** A message without text, or with more of it than 4,096 characters; the conversation goes on. */
  unreadable: string
  /** Something failed; the flow takes its failure path. */
  failed: string
}

export interface BotOptions {
  /** Where the gateway listens: `ws://` or `wss://`. */
  gatewayUrl: string
  /** The gateway's client key or token. Default: none. */
  gatewayKey?: string
  /** The model to ask. */
  modelId: string
  /** What Genesys Cloud sends in the header `secretHeader`, at least 16 characters. */
  secret: string
  /** Default `x-sluice-bot-secret`. */
  secretHeader?: string
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string
  /** Port to listen on; 0, the default, takes any free one. */
  port?: number
  /** Where utterances are taken. Default `/`. */
  path?: string
  /** The system's message, at most 4,000 characters. */
  systemPrompt?: string
  /**
   * How the bot can end, each with when it applies, e.g. `{ agent: 'the customer asks for a person' }`. The model chooses
   * by calling a function; the flow gets the name as the intent. Default: none, the conversation always goes on.
   */
  intents?: Readonly<Record<string, string>>
  /** The longest answer in tokens. Default 800. */
  maxTokens?: number
  /** From the arrival of an utterance to its reply, 100 to 60,000. Default 9,000: Genesys Cloud waits not much longer. */
  deadlineMs?: number
  /** Utterances that are answered at the same time; more are refused with 503. Default 200. */
  maxTurnsAtOnce?: number
  texts?: Partial<BotTexts>
  reply?: Partial<ReplyLimits>
  memory?: Partial<MemoryLimits>
  /** Told of every utterance that was taken; knows nothing of what was said. */
  onTurn?: (report: TurnReport) => void
}

/** The options with every default filled in. */
export interface BotSettings
  extends Required<Omit<BotOptions, 'gatewayKey' | 'texts' | 'reply' | 'memory'>> {
  gatewayKey: string | undefined
  texts: BotTexts
  reply: ReplyLimits
  memory: MemoryLimits
}

const TEXTS: BotTexts = {
  late: 'I am sorry, that takes longer than it should. Please ask me once more.',
  blocked: 'I am sorry, I cannot help with that.',
  unreadable: 'I am sorry, I can only read text messages that are not too long.',
  failed: 'I am sorry, something went wrong.',
}

export const BOT_DEFAULTS = {
  secretHeader: 'x-sluice-bot-secret',
  host: '127.0.0.1',
  port: 0,
  path: '/',
  systemPrompt:
    'You are the assistant of a customer service. Answer in a few short sentences of plain text, without markup.',
  intents: {},
  maxTokens: 800,
  deadlineMs: 9_000,
  maxTurnsAtOnce: 200,
}

const REPLY: ReplyLimits = { maxCharacters: 2_000, maxMessages: 5 }

const MEMORY: MemoryLimits = {
  ttlMs: 1_800_000,
  maxSessions: 1_000,
  maxTurns: 20,
  maxSessionBytes: 32_768,
  maxBytes: 16_777_216,
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,64}$/
const INTENT_NAME = /^[\w -]{1,64}$/
const MIN_SECRET = 16
const MAX_INTENTS = 50
/** Leaves room for the sentence about the customer's language. */
const MAX_SYSTEM_PROMPT = MAX_TEXT_CHARACTERS - 96

/** @throws TypeError that names the option */
export function resolveOptions(options: BotOptions): BotSettings {
  const settings: BotSettings = {
    onTurn: () => {},
    ...BOT_DEFAULTS,
    ...defined(options),
    gatewayKey: options.gatewayKey,
    texts: { ...TEXTS, ...defined(options.texts) },
    reply: { ...REPLY, ...defined(options.reply) },
    memory: { ...MEMORY, ...defined(options.memory) },
  }
  checkTexts(settings)
  for (const [name, value, range] of rangesOf(settings)) checkRange(name, value, range)
  return settings
}

function checkTexts({ secret, secretHeader, path, systemPrompt, intents }: BotSettings): void {
  check(secret.length >= MIN_SECRET, `secret: expected at least ${MIN_SECRET} characters`)
  check(HEADER_NAME.test(secretHeader), 'secretHeader: expected the name of a header')
  check(/^\/[\w/.~-]*$/.test(path) && path !== HEALTH_PATH, 'path: expected a path such as /bot')
  check(
    systemPrompt.length <= MAX_SYSTEM_PROMPT,
    `systemPrompt: at most ${MAX_SYSTEM_PROMPT} characters`,
  )
  const names = Object.keys(intents)
  const isNamed = names.length <= MAX_INTENTS && names.every((name) => INTENT_NAME.test(name))
  check(isNamed, `intents: at most ${MAX_INTENTS}, with names of letters, digits, spaces, - and _`)
}

/** Where the health of the process is told. */
export const HEALTH_PATH = '/healthz'

type Range = readonly [least: number, most: number]

function rangesOf(settings: BotSettings): [name: string, value: number, range: Range][] {
  const { reply, memory } = settings
  return [
    ['port', settings.port, [0, 65_535]],
    ['maxTokens', settings.maxTokens, [1, 1_000_000]],
    ['deadlineMs', settings.deadlineMs, [100, 60_000]],
    ['maxTurnsAtOnce', settings.maxTurnsAtOnce, [1, 100_000]],
    ['reply.maxCharacters', reply.maxCharacters, [100, 100_000]],
    ['reply.maxMessages', reply.maxMessages, [1, 100]],
    ['memory.ttlMs', memory.ttlMs, [1_000, 86_400_000]],
    ['memory.maxSessions', memory.maxSessions, [0, 1_000_000]],
    ['memory.maxTurns', memory.maxTurns, [0, 1_000]],
    ['memory.maxSessionBytes', memory.maxSessionBytes, [0, 2 ** 30]],
    ['memory.maxBytes', memory.maxBytes, [0, 2 ** 34]],
  ]
}

function checkRange(name: string, value: number, [least, most]: Range): void {
  const isFine = Number.isInteger(value) && value >= least && value <= most
  check(isFine, `${name}: ${value} is no whole number from ${least} to ${most}`)
}

function check(isFine: boolean, message: string): void {
  if (!isFine) throw new TypeError(message)
}

/** Without what is undefined, which must not hide a default. */
function defined<T extends object>(fields: T | undefined): T {
  const entries = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as T
}
