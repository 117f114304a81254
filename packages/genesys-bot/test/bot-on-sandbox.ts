/** A bot before a gateway before the sandbox, all on free ports of loopback and ended with the test. */
import { type Sandbox, type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { onTestFinished } from 'vitest'
import { gatewayForTest } from '../../gateway/test/harness/gateway-on-sandbox.ts'
import {
  type Bot,
  type BotOptions,
  type BotReply,
  createBot,
  type TurnReport,
} from '../src/index.ts'

export const SECRET = 'a secret of the tests'
export const HEADERS = { 'x-sluice-bot-secret': SECRET }

export interface BotOnSandbox {
  bot: Bot
  sandbox: Sandbox
  gatewayUrl: string
  /** What was told of the turns. */
  reports: TurnReport[]
  /** Says something and gives the reply; throws unless the status is 200. */
  say(text: unknown, fields?: object): Promise<BotReply>
}

export async function botOnSandbox(
  options: Partial<BotOptions> = {},
  {
    sandbox: sandboxOptions,
    policy = 'standard',
  }: { sandbox?: SandboxOptions; policy?: string } = {},
): Promise<BotOnSandbox> {
  const sandbox = await startSandbox({ deltaIntervalMs: 0, ...sandboxOptions })
  onTestFinished(() => sandbox.close())
  const gateway = await gatewayForTest({
    profile: 'openai',
    llmBaseUrl: `${sandbox.url}/v1`,
    policy,
  })
  const reports: TurnReport[] = []
  const bot = await botFor({
    gatewayUrl: gateway.url,
    onTurn: (turn) => reports.push(turn),
    ...options,
  })
  const say = async (text: unknown, fields: object = {}) => {
    const response = await post(bot, utterance(text, fields))
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    return (await response.json()) as BotReply
  }
  return { bot, sandbox, gatewayUrl: gateway.url, reports, say }
}

/** A bot that ends with the test. */
export async function botFor(options: Partial<BotOptions>): Promise<Bot> {
  const bot = await createBot({
    gatewayUrl: 'ws://127.0.0.1:1',
    modelId: 'sandbox-default',
    secret: SECRET,
    ...options,
  })
  onTestFinished(() => bot.close())
  return bot
}

/** The body that Genesys Cloud sends. */
export function utterance(text: unknown, fields: object = {}): object {
  return {
    botId: 'desk',
    botVersion: '1',
    botSessionId: '72fea332-dde8-43cd-a10b-adfb742cfb17',
    languageCode: 'en-us',
    botSessionTimeout: 4320,
    genesysConversationId: 'd7e0b98d-b487-49f2-b2b0-fd25e1699300',
    inputMessage: { type: 'Text', text },
    ...fields,
  }
}

export function post(bot: Bot, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(bot.url, {
    method: 'POST',
    headers: { ...HEADERS, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  })
}
