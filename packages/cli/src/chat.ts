/** `sluice chat`: asks a gateway and shows the answer as it comes, then what the guard did and how fast it was. */
import { readFileSync } from 'node:fs'
import { type ChatMessage, CLOSE_CODES } from '@sluice/protocol'
import { Command } from 'commander'
import { WebSocket } from 'ws'
import { ChatView } from './chat-view.ts'
import { CommandError } from './failure.ts'
import { readFrame } from './frame.ts'
import { readPiped } from './piped.ts'
import { neutralise, printableJson } from './terminal.ts'

interface Options {
  url: string
  model: string
  system?: string
  key?: string
  keyFile?: string
  temperature?: string
  json?: boolean
}

/** How long the gateway may take to accept a connection. */
const CONNECT_TIMEOUT_MS = 10_000
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i
/** A frame of a gateway is a chunk and far smaller; a larger one ends the connection. */
const MAX_FRAME_BYTES = 16_777_216

export function chatCommand(): Command {
  return new Command('chat')
    .description('asks a running gateway and streams the answer to the terminal')
    .argument('[prompt]', 'what to ask; what is piped in comes after it')
    .option('-u, --url <url>', 'where the gateway listens', 'ws://127.0.0.1:8080')
    .option('-m, --model <model>', 'model to ask', 'gpt-4o-mini')
    .option('-s, --system <text>', 'system message')
    .option('-k, --key <key>', 'client key or token; others on this machine may see it, so better:')
    .option('--key-file <path>', 'file with the client key or token')
    .option('-t, --temperature <number>', 'from 0 to 2')
    .option('--json', 'print the messages as they come, one JSON object a line')
    .action((prompt: string | undefined, options: Options) => chat(prompt, options))
}

async function chat(argument: string | undefined, options: Options): Promise<void> {
  const prompt = await promptFrom(argument)
  const messages: ChatMessage[] = [{ role: 'user', content: prompt }]
  if (options.system !== undefined) messages.unshift({ role: 'system', content: options.system })
  const temperature = options.temperature === undefined ? undefined : Number(options.temperature)
  if (Number.isNaN(temperature))
    throw new CommandError('--temperature: expected a number from 0 to 2')
  const view = options.json === true ? undefined : new ChatView(options.model)
  const key = keyOf(options)
  const socket = await connect(webSocketUrl(options.url), key)
  const payload = { modelId: options.model, messages, temperature }
  const isOk = await converse(socket, { payload, view, hasKey: key !== undefined })
  socket.close(1000)
  if (!isOk) process.exitCode = 1
}

/** The argument, what is piped in, or the one and then the other. */
async function promptFrom(argument: string | undefined): Promise<string> {
  const piped = process.stdin.isTTY ? '' : await readPiped(process.stdin)
  const prompt = [argument ?? '', piped].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt !== '') return prompt
  throw new CommandError('What should be asked? Give a prompt: sluice chat "hello", or pipe one in')
}

interface Conversation {
  payload: object
  /** Undefined: frames are printed as they are. */
  view: ChatView | undefined
  hasKey: boolean
}

/** Sends the request and shows what comes back; true if the completion ended well. */
function converse(socket: WebSocket, { payload, view, hasKey }: Conversation): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.on('message', (data) => {
      const text = String(data)
      const frame = readFrame(text)
      if (frame === undefined) {
        reject(
          new CommandError('What listens there sent something that is no message of a gateway'),
        )
        return
      }
      if (view === undefined) process.stdout.write(`${printableJson(JSON.parse(text))}\n`)
      else view.show(frame)
      if (frame.type === 'complete') resolve(true)
      if (frame.type === 'blocked' || frame.type === 'error') resolve(false)
    })
    socket.on('close', (code, reason) => {
      const why = neutralise(String(reason))
      const text =
        code === CLOSE_CODES.unauthorized.code && !hasKey
          ? 'The gateway asks for a key: name a file with one by --key-file (sluice keys create makes keys)'
          : `The gateway closed the connection (${code}${why === '' ? '' : `: ${why}`})`
      reject(new CommandError(text))
    })
    socket.send(JSON.stringify({ type: 'init', payload }))
  })
}

function keyOf({ key, keyFile }: Options): string | undefined {
  if (keyFile === undefined) return key
  try {
    return readFileSync(keyFile, 'utf8').trim()
  } catch (error) {
    throw new CommandError(
      `--key-file: cannot read ${keyFile} (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}

/** The URL that was meant: HTTP's schemes stand for the WebSocket's, and this machine needs none. */
function webSocketUrl(text: string): URL {
  const hasScheme = text.includes('://')
  const url = hasScheme ? text.replace(/^http(s?):/i, 'ws$1:') : `ws://${text}`
  if (!URL.canParse(url) || !/^wss?:/i.test(url)) {
    throw new CommandError(
      `--url: ${neutralise(JSON.stringify(text))} is not a ws:// or wss:// URL`,
    )
  }
  const parsed = new URL(url)
  if (!hasScheme && !LOOPBACK.test(parsed.hostname)) {
    throw new CommandError(
      `--url: is it wss://${parsed.host} (TLS) or ws://${parsed.host}? Say which`,
    )
  }
  return parsed
}

function connect(url: URL, key: string | undefined): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'sluice.v1', {
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
    })
    socket.once('open', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isRefused = error.code === 'ECONNREFUSED'
      const why = isRefused
        ? 'nothing listens there. Start the gateway first: npm start'
        : neutralise(error.message)
      // Without the user part and the query, which may hold secrets.
      reject(new CommandError(`Cannot reach the gateway at ${url.protocol}//${url.host}: ${why}`))
    })
  })
}
