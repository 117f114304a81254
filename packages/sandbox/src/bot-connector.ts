/**
 * Plays Genesys Cloud's Bot Connector: says one thing after the other to a bot, and looks whether each reply is one that
 * the connector takes: https://developer.genesys.cloud/commdigital/textbots/botconnector-customer-api-spec
 */
import { randomUUID } from 'node:crypto'
import { SandboxError } from './errors.ts'
import { asObject, type JsonObject, parseObject } from './json.ts'

export interface BotConnectorOptions {
  /** Where the bot takes utterances. */
  url: string
  /** Sent with each: the connector's credentials are free headers. */
  headers?: Readonly<Record<string, string>>
  /** What the customer says. Default: a short conversation about a parcel. */
  utterances?: readonly string[]
  /** How long a reply may take, as a whole. Default 10,000. */
  timeoutMs?: number
}

/** One utterance and what came of it. */
export interface BotConnectorTurn {
  utterance: string
  /** The texts of the reply. */
  replies: string[]
  botState: string | undefined
  intent: string | undefined
  durationMs: number
  /** Why the connector would not take the reply; empty: it would. */
  problems: string[]
}

const UTTERANCES = [
  'Where is my parcel?',
  'And when exactly will it be here?',
  'Thank you, that is all.',
]
const STATES: readonly unknown[] = ['MOREDATA', 'COMPLETE', 'FAILED']
const MAX_REPLY_BYTES = 1_048_576
const DEFAULT_TIMEOUT_MS = 10_000
/** The timeout of a session in minutes, as Genesys Cloud sends it: three days. */
const SESSION_TIMEOUT_MINUTES = 4_320

/**
 * Holds a conversation with a bot, until what is to be said is said, the bot ends it, or a reply is none.
 * @throws {SandboxError} `invalid_option` when the URL is none of HTTP
 */
export async function* playBotConnector(
  options: BotConnectorOptions,
): AsyncGenerator<BotConnectorTurn> {
  const { url, headers = {}, utterances = UTTERANCES, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new SandboxError(
      'invalid_option',
      `${JSON.stringify(url)} is not a http:// or https:// URL`,
    )
  const session = {
    botId: 'sandbox',
    botVersion: '1',
    botSessionId: randomUUID(),
    languageCode: 'en-us',
    botSessionTimeout: SESSION_TIMEOUT_MINUTES,
    genesysConversationId: randomUUID(),
  }
  for (const text of utterances) {
    const body = JSON.stringify({ ...session, inputMessage: { type: 'Text', text } })
    const turn = await say(text, { url, headers, body, timeoutMs })
    yield turn
    if (turn.problems.length > 0 || turn.botState !== 'MOREDATA') return
  }
}

interface Call {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}

async function say(utterance: string, call: Call): Promise<BotConnectorTurn> {
  const startedAt = performance.now()
  const none = { replies: [], botState: undefined, intent: undefined }
  const answer = await post(call).catch((error: unknown) => whyNone(error, call))
  const turn = { utterance, durationMs: Math.round(performance.now() - startedAt) }
  if (typeof answer === 'string') return { ...turn, ...none, problems: [answer] }
  if (answer.status !== 200) return { ...turn, ...none, problems: [`status ${answer.status}`] }
  const reply = parseObject(answer.text)
  if (reply === undefined)
    return { ...turn, ...none, problems: [`no JSON object of at most ${MAX_REPLY_BYTES} bytes`] }
  return { ...turn, ...readReply(reply) }
}

function whyNone(error: unknown, { timeoutMs }: Call): string {
  const { name, cause } = error as Error & { cause?: Error & { code?: string } }
  if (name === 'TimeoutError') return `no whole reply within ${timeoutMs} ms`
  return `no whole reply: ${cause?.code ?? cause?.message ?? 'the connection broke'}`
}

async function post({ url, headers, body, timeoutMs }: Call) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
    // Credentials go nowhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MAX_REPLY_BYTES) return { status: response.status, text: '' }
    parts.push(part)
  }
  return { status: response.status, text: Buffer.concat(parts).toString('utf8') }
}

function readReply({ replymessages, botState, intent, confidence }: JsonObject) {
  const messages = Array.isArray(replymessages) ? replymessages : []
  const replies = messages.filter(isMessage).map(({ text }) => text)
  const checks: [isFine: boolean, problem: string][] = [
    [Array.isArray(replymessages), 'replymessages is no list'],
    [replies.length === messages.length, 'a message is not { type: "Text", text }'],
    [STATES.includes(botState), 'botState is none of MOREDATA, COMPLETE and FAILED'],
    [typeof intent === 'string', 'intent is no text'],
    [isConfidence(confidence), 'confidence is no number from 0 to 1'],
  ]
  return {
    replies,
    botState: typeof botState === 'string' ? botState : undefined,
    intent: typeof intent === 'string' ? intent : undefined,
    problems: checks.filter(([isFine]) => !isFine).map(([, problem]) => problem),
  }
}

function isMessage(value: unknown): value is { type: 'Text'; text: string } {
  const { type, text } = asObject(value)
  return type === 'Text' && typeof text === 'string' && text !== ''
}

function isConfidence(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1
}
