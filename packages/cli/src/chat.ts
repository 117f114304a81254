/** `sluice chat`: asks a gateway and shows the answer as it comes, then what the guard did and how fast it was. */
import { readFileSync } from 'node:fs'
import {
  type AckMessage,
  type AuditLog,
  type ChatMessage,
  CLOSE_CODES,
  type Dialect1ServerMessage,
} from '@sluice/protocol'
import { Command } from 'commander'
import { WebSocket } from 'ws'
import { CommandError } from './failure.ts'
import { readPiped } from './piped.ts'
import { neutralise, paint, printableJson } from './terminal.ts'

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
export function chatCommand(): Command {
  return new Command('chat')
    .description('asks a running gateway and streams the answer to the terminal')
    .argument('[prompt]', 'what to ask; read from standard input if it is piped')
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
  const prompt = argument ?? (process.stdin.isTTY ? undefined : await readPiped(process.stdin))
  if (prompt === undefined || prompt.trim() === '') {
    throw new CommandError(
      'What should be asked? Give a prompt: sluice chat "hello", or pipe one in',
    )
  }
  const messages: ChatMessage[] = [{ role: 'user', content: prompt }]
  if (options.system !== undefined) messages.unshift({ role: 'system', content: options.system })
  const temperature = options.temperature === undefined ? undefined : Number(options.temperature)
  if (Number.isNaN(temperature))
    throw new CommandError('--temperature: expected a number from 0 to 2')
  const view = options.json === true ? new JsonView() : new TextView(options.model)
  const key = keyOf(options)
  const socket = await connect(options.url, key)
  const payload = { modelId: options.model, messages, temperature }
  const isOk = await converse(socket, { payload, view, hasKey: key !== undefined })
  socket.close(1000)
  if (!isOk) process.exitCode = 1
}

/** Shows messages of one completion. */
interface View {
  show(message: Dialect1ServerMessage): void
}

interface Conversation {
  payload: object
  view: View
  hasKey: boolean
}

/** Sends the request and shows what comes back; true if the completion ended well. */
function converse(socket: WebSocket, { payload, view, hasKey }: Conversation): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Dialect1ServerMessage
      view.show(message)
      if (message.type === 'complete') resolve(true)
      if (message.type === 'blocked' || message.type === 'error') resolve(false)
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

function connect(url: string, key: string | undefined): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) {
      return reject(new CommandError(`--url: ${JSON.stringify(url)} is not a ws:// or wss:// URL`))
    }
    const socket = new WebSocket(url, 'sluice.v1', {
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
      ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
    })
    socket.once('open', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isRefused = error.code === 'ECONNREFUSED'
      const why = isRefused
        ? 'nothing listens there. Start the gateway first: npm start'
        : neutralise(error.message)
      reject(new CommandError(`Cannot reach the gateway at ${url}: ${why}`))
    })
  })
}

class JsonView implements View {
  show(message: Dialect1ServerMessage): void {
    process.stdout.write(`${printableJson(message)}\n`)
  }
}

interface ChunkData {
  choices?: { delta?: Delta; finish_reason?: string | null }[]
}

interface Delta {
  content?: string
  reasoning_content?: string
  reasoning?: string
  tool_calls?: { index?: number; function?: { name?: string; arguments?: string } }[]
}

/** The answer on standard output, everything about it on standard error. */
class TextView implements View {
  readonly #startedAt = performance.now()
  readonly #model: string
  #firstTextAt: number | undefined
  /** What the line that is being written holds. */
  #line: 'nothing' | 'reasoning' | 'answer' = 'nothing'
  /** Reasoning that came after the answer began: the guard holds its last word until the choice finishes. */
  #lateReasoning = ''
  readonly #toolCalls = new Map<number, string>()

  constructor(model: string) {
    this.#model = model
  }

  show(message: Dialect1ServerMessage): void {
    if (message.type === 'chunk') this.#chunk(message.data as ChunkData)
    else if (message.type === 'complete') this.#complete(message.auditLog)
    else if (message.type === 'handshake_ack') this.#acknowledge(message)
    else
      this.#stop(
        message.type === 'blocked' ? `blocked by the guard: ${message.reason}` : message.message,
      )
  }

  #acknowledge({ tokenCount, dropped }: AckMessage): void {
    const left =
      dropped === undefined ? '' : `, ${dropped} messages left out to fit the context window`
    note('dim', `${neutralise(this.#model)} · ${tokenCount} tokens of prompt${left}`)
  }

  #stop(why: string): void {
    this.#endLine()
    note('red', neutralise(why))
  }

  #chunk(data: ChunkData): void {
    for (const { delta, finish_reason: reason } of data.choices ?? []) {
      const reasoning = delta?.reasoning_content ?? delta?.reasoning ?? ''
      const text = delta?.content ?? ''
      if (reasoning !== '') this.#reason(reasoning)
      if (text !== '') this.#answer(text)
      if (reasoning + text !== '') this.#firstTextAt ??= performance.now()
      for (const call of delta?.tool_calls ?? []) {
        const part = `${call.function?.name ?? ''} ${call.function?.arguments ?? ''}`.trim()
        const index = call.index ?? 0
        const known = this.#toolCalls.get(index)
        this.#toolCalls.set(index, known === undefined ? `${part} ` : known + part)
      }
      if (typeof reason === 'string') this.#showToolCalls()
    }
  }

  #reason(text: string): void {
    if (this.#line === 'answer') {
      this.#lateReasoning += text
      return
    }
    process.stderr.write(paint('dim', neutralise(text), process.stderr))
    this.#line = 'reasoning'
  }

  #answer(text: string): void {
    if (this.#line === 'reasoning') process.stderr.write('\n')
    process.stdout.write(neutralise(text))
    this.#line = 'answer'
  }

  #endLine(): void {
    if (this.#line === 'answer') process.stdout.write('\n')
    if (this.#line === 'reasoning') process.stderr.write('\n')
    if (this.#lateReasoning !== '') note('dim', neutralise(this.#lateReasoning))
  }

  /** Whole, because a call makes sense only when its arguments are complete. */
  #showToolCalls(): void {
    for (const call of this.#toolCalls.values()) note('cyan', `tool call: ${neutralise(call)}`)
    this.#toolCalls.clear()
  }

  #complete(auditLog: AuditLog): void {
    const now = performance.now()
    const first = this.#firstTextAt ?? now
    const seconds = (now - this.#startedAt) / 1000
    this.#endLine()
    if (auditLog.ppiFiltered) note('yellow', 'the guard concealed personal data in this answer')
    const rate = seconds > 0 ? auditLog.tokenCount / seconds : 0
    note(
      'dim',
      `first token ${Math.round(first - this.#startedAt)} ms · ${rate.toFixed(1)} tokens/s · ${auditLog.tokenCount} tokens · ${seconds.toFixed(2)} s`,
    )
  }
}

function note(colour: 'dim' | 'red' | 'yellow' | 'cyan', text: string): void {
  process.stderr.write(`${paint(colour, text, process.stderr)}\n`)
}
