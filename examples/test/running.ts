/** Running examples as a reader does, and what they need: a gateway on the sandbox, and a network that fails. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createGateway, type GatewayOptions } from '@sluice/gateway'
import { type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { expect, onTestFinished } from 'vitest'

/** Where the examples are. */
export const FOLDER = fileURLToPath(new URL('..', import.meta.url))

/** A started example: what it has printed so far, and its end. */
export interface Example {
  readonly child: ChildProcess
  stdout: string
  stderr: string
  readonly exitCode: Promise<number | null>
}

/** Ends with the test. */
export function run(command: string, args: string[], env: Record<string, string> = {}): Example {
  const child = spawn(command, args, { cwd: FOLDER, env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve))
  const example: Example = { child, stdout: '', stderr: '', exitCode }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      example[name] += text
    })
  }
  return example
}

export function runNode(args: string[], env: Record<string, string> = {}): Example {
  return run(process.execPath, args, env)
}

/** Waits until the example has printed `text`. */
export async function printing(example: Example, text: RegExp): Promise<RegExpExecArray> {
  const printed = () => example.stdout + example.stderr
  await expect.poll(printed).toMatch(text)
  return text.exec(printed()) as RegExpExecArray
}

/** A gateway in front of the sandbox; both end with the test. */
export async function gatewayOnSandbox(
  options: SandboxOptions = {},
  settings: GatewayOptions = {},
) {
  const sandbox = await startSandbox({ deltaIntervalMs: 1, ...options })
  onTestFinished(() => sandbox.close())
  const gateway = await createGateway({
    port: 0,
    adminPort: 'off',
    audit: 'off',
    logLevel: 'silent',
    llmBaseUrl: `${sandbox.url}/v1`,
    policy: 'standard',
    ...settings,
  })
  onTestFinished(() => gateway.stop())
  return { sandbox, gateway }
}

/** A network to a gateway that a test can cut. */
export async function network(gatewayUrl: string) {
  const { hostname, port } = new URL(gatewayUrl)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }
  let connections = 0
  const server = createServer((near) => {
    connections += 1
    const far = connect(Number(port), hostname)
    keep(near)
    keep(far)
    near.pipe(far).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, cut, connections: () => connections }
}
