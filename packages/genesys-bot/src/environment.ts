/** The bot's settings by environment variables, for its command. */
import { readFileSync } from 'node:fs'
import { BOT_DEFAULTS, type BotOptions } from './bot-options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Each variable with its meaning. `BOT_SECRET` and `BOT_GATEWAY_KEY` can also be files, named by `…_FILE`. */
export const VARIABLES: Readonly<Record<string, string>> = {
  BOT_GATEWAY_URL: 'the gateway, ws:// or wss:// (default ws://127.0.0.1:8080)',
  BOT_GATEWAY_KEY: "the gateway's client key or token (default: none)",
  BOT_MODEL: 'the model to ask (required)',
  BOT_SECRET: 'what Genesys Cloud sends in the header, 16 characters at least (required)',
  BOT_SECRET_HEADER: `the header's name (default ${BOT_DEFAULTS.secretHeader})`,
  BOT_HOST: `address to listen on (default ${BOT_DEFAULTS.host})`,
  BOT_PORT: 'port to listen on (default 8790)',
  BOT_PATH: `where utterances are taken (default ${BOT_DEFAULTS.path})`,
  BOT_SYSTEM_PROMPT: "the system's message",
  BOT_INTENTS: 'how the bot can end: JSON, {"agent":"the customer asks for a person"}',
  BOT_MAX_TOKENS: `the longest answer in tokens (default ${BOT_DEFAULTS.maxTokens})`,
  BOT_DEADLINE_MS: `milliseconds to a reply (default ${BOT_DEFAULTS.deadlineMs})`,
  BOT_MEMORY_MINUTES: 'how long a session is remembered after its last turn (default 30)',
  BOT_LATE_TEXT: 'what the customer reads when the deadline is over',
  BOT_BLOCKED_TEXT: 'what the customer reads when the policy blocks',
  BOT_UNREADABLE_TEXT: 'what the customer reads after a message without text',
  BOT_FAILED_TEXT: 'what the customer may read after a failure',
}

/** @throws TypeError that names the variable */
export function optionsFrom(env: Environment): BotOptions {
  const text = (name: string) => (env[name] === '' ? undefined : env[name])
  const number = (name: string) => wholeNumber(name, text(name))
  const minutes = number('BOT_MEMORY_MINUTES')
  const options = {
    gatewayUrl: text('BOT_GATEWAY_URL') ?? 'ws://127.0.0.1:8080',
    gatewayKey: secret(env, 'BOT_GATEWAY_KEY'),
    modelId: required('BOT_MODEL', text('BOT_MODEL')),
    secret: required('BOT_SECRET', secret(env, 'BOT_SECRET')),
    secretHeader: text('BOT_SECRET_HEADER'),
    host: text('BOT_HOST'),
    port: number('BOT_PORT') ?? 8790,
    path: text('BOT_PATH'),
    systemPrompt: text('BOT_SYSTEM_PROMPT'),
    intents: intents(text('BOT_INTENTS')),
    maxTokens: number('BOT_MAX_TOKENS'),
    deadlineMs: number('BOT_DEADLINE_MS'),
    memory: minutes === undefined ? undefined : { ttlMs: minutes * 60_000 },
    texts: withoutUndefined({
      late: text('BOT_LATE_TEXT'),
      blocked: text('BOT_BLOCKED_TEXT'),
      unreadable: text('BOT_UNREADABLE_TEXT'),
      failed: text('BOT_FAILED_TEXT'),
    }),
  }
  return withoutUndefined(options)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}

function required(name: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw new TypeError(`${name} is not set: ${VARIABLES[name]}`)
}

/** The variable itself, or what the file holds that `…_FILE` names. */
function secret(env: Environment, name: string): string | undefined {
  const path = env[`${name}_FILE`] ?? ''
  if (path === '') return env[name] === '' ? undefined : env[name]
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new TypeError(`${name}_FILE: cannot read ${path} (${code})`)
  }
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new TypeError(`${name}: ${JSON.stringify(value)} is not a whole number`)
}

function intents(json: string | undefined): Record<string, string> | undefined {
  if (json === undefined) return undefined
  const expected = new TypeError('BOT_INTENTS: expected a JSON object of texts by name')
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected
    if (Object.values(value).some((when) => typeof when !== 'string')) throw expected
    return value as Record<string, string>
  } catch {
    throw expected
  }
}
