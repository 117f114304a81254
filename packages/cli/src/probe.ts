/**
 * Tries an upstream with its credentials, for `sluice check`: asks for the list of models, which costs nothing, or where
 * there is none for one token.
 */
import { GatewayError, masked, UpstreamClient, type UpstreamTarget } from '@sluice/gateway'
import { type Dispatcher, request } from 'undici'

export interface ProbeRequest {
  target: UpstreamTarget
  /** Goes the way that the gateway's requests go. */
  dispatcher: Dispatcher
  /** Asked for one token where the upstream has no list of models. */
  model: string
}

export interface ProbeResult {
  /** Whether a token was fetched on the way. */
  hasToken: boolean
  /** What the upstream thought of the credentials, in words. */
  outcome: string
}

const CHAT = '/chat/completions'
const TIMEOUT_MS = 60_000
/** Of an error's body; it is looked at and never shown. */
const MAX_BODY_BYTES = 65_536
/** No such path, or not with this method. */
const ABSENT = new Set([404, 405, 501])
/** The request was understood, so its credentials were good; the model or a parameter was not. */
const UNDERSTOOD = new Set([400, 413, 422])

/** @throws GatewayError `configuration` that says what to correct */
export async function probe({ target, dispatcher, model }: ProbeRequest): Promise<ProbeResult> {
  try {
    const authorization = await authorizationOf(target, dispatcher)
    const hasToken = target.authentication.kind === 'oauth'
    const ask = asker(dispatcher, {
      ...target.headers,
      ...(authorization === undefined ? {} : { authorization }),
    })
    return {
      hasToken,
      outcome: (await viaModels(target, ask)) ?? (await viaToken(target, model, ask)),
    }
  } finally {
    await dispatcher.destroy()
  }
}

async function authorizationOf(
  target: UpstreamTarget,
  dispatcher: Dispatcher,
): Promise<string | undefined> {
  try {
    const client = new UpstreamClient({ target, dispatcher })
    return await client.authorize(AbortSignal.timeout(TIMEOUT_MS))
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const detail = error.detail === undefined ? '' : ` (${error.detail})`
    throw new GatewayError('configuration', `No token: ${error.message}${detail}`)
  }
}

interface Answer {
  status: number
  body: string
}

type Ask = (url: string, body?: object) => Promise<Answer>

function asker(dispatcher: Dispatcher, headers: Readonly<Record<string, string>>): Ask {
  return async (url, body) => {
    try {
      const answer = await request(url, {
        dispatcher,
        method: body === undefined ? 'GET' : 'POST',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.statusCode, body: await start(answer.body) }
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException
      throw failure(`The upstream ${masked(url)} cannot be reached (${code ?? name})`)
    }
  }
}

async function viaModels(target: UpstreamTarget, ask: Ask): Promise<string | undefined> {
  const url = new URL(target.chatUrl)
  if (!url.pathname.endsWith(CHAT)) return undefined
  url.pathname = `${url.pathname.slice(0, -CHAT.length)}/models`
  const { status } = await ask(url.href)
  if (ABSENT.has(status)) return undefined
  return judged(status, target, 'GET /models')
}

async function viaToken(target: UpstreamTarget, model: string, ask: Ask): Promise<string> {
  const messages = [{ role: 'user', content: 'ping' }]
  const { status, body } = await ask(target.chatUrl, {
    model,
    messages,
    max_tokens: 1,
    stream: false,
  })
  const how = `a request for one token of ${model}`
  if (UNDERSTOOD.has(status) || (status === 404 && /model/i.test(body))) {
    return `accepted; ${how} was answered ${status}: is there such a model?`
  }
  return judged(status, target, how)
}

function judged(status: number, target: UpstreamTarget, how: string): string {
  if (status >= 200 && status < 300) return `accepted by ${how}`
  if (status === 429) return `accepted; ${how} was answered 429: the rate limit is used up`
  if (status === 401 || status === 403) {
    const what =
      target.authentication.kind === 'oauth'
        ? 'the token of GENESYS_CLOUD_CLIENT_ID; check its roles or scope'
        : target.authentication.kind === 'key'
          ? 'LLM_API_KEY'
          : 'a request without a key; set LLM_API_KEY'
    throw failure(`The upstream refused ${what} (${how} was answered ${status})`)
  }
  const url = masked(target.chatUrl)
  const problem = doubledPart(new URL(target.chatUrl).pathname)
  const hint = problem === undefined ? '' : `; its path has ${problem} twice`
  const where = ABSENT.has(status)
    ? `There is no chat endpoint at ${url}${hint}`
    : `The upstream ${url} does not work`
  throw failure(`${where} (${how} was answered ${status}); check LLM_BASE_URL and SLUICE_CHAT_PATH`)
}

function failure(message: string): GatewayError {
  return new GatewayError('configuration', message)
}

/** The first run of segments that stands twice in a row (`/v1/v1`): one of base URL and path has too much. */
export function doubledPart(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '')
  for (let length = 1; length <= segments.length / 2; length += 1) {
    for (let at = 0; at + 2 * length <= segments.length; at += 1) {
      const part = segments.slice(at, at + length).join('/')
      if (part === segments.slice(at + length, at + 2 * length).join('/')) return `/${part}`
    }
  }
  return undefined
}

async function start(body: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const part of body) {
    text += part.toString('latin1')
    if (text.length > MAX_BODY_BYTES) break
  }
  return text
}
