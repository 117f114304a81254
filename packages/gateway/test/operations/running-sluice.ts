/** The command `sluice serve` as a process of its own, in front of a sandbox in the test's process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { onTestFinished } from 'vitest'
import { until } from '../harness/until.ts'
import { temporaryFolder } from './temporary-folder.ts'

const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.js', import.meta.url))

export interface RunningSluice {
  readonly url: string
  readonly adminUrl: string
  readonly sandbox: Sandbox
  /** Its working directory, for sluice.yaml. */
  readonly folder: string
  readonly auditFile: string
  readonly process: ChildProcess
  /** Everything it wrote to both outputs. */
  output(): string
  /** The lines of its log with this message. */
  logged(message: string): Record<string, unknown>[]
  /** Resolves to the exit code, null if a signal ended it. */
  readonly exited: Promise<number | null>
}

type Env = Readonly<Record<string, string>>

/** Waits until it is ready. It ends with the test. */
export async function runSluice(
  env: Env = {},
  sandboxed: SandboxOptions = {},
): Promise<RunningSluice> {
  const sandbox = await startSandbox({
    deltaIntervalMs: 5,
    rateLimitPerMinute: 100_000,
    ...sandboxed,
  })
  onTestFinished(() => sandbox.close())
  const folder = temporaryFolder()
  const auditFile = join(folder, 'audit.db')
  const child = startProcess([SLUICE, 'serve'], folder, {
    GENESYS_CLOUD_BASE_URL: sandbox.url,
    GENESYS_CLOUD_CLIENT_ID: 'sandbox-client',
    GENESYS_CLOUD_CLIENT_SECRET: 'sandbox-secret',
    SLUICE_UPSTREAM_REQUESTS_PER_MINUTE: '0',
    SLUICE_AUDIT: auditFile,
    ...env,
  })
  const ready = () => child.logged('gateway is ready')[0]
  await until('sluice is ready', () => ready() !== undefined || child.process.exitCode !== null)
  const { url, adminPort } = ready() ?? {}
  if (url === undefined) throw new Error(`sluice did not start: ${child.output()}`)
  return {
    ...child,
    url: String(url),
    adminUrl: `http://127.0.0.1:${adminPort}`,
    sandbox,
    folder,
    auditFile,
  }
}

/** A Node process on free ports whose log on standard output can be read. */
export function startProcess(args: readonly string[], cwd: string, env: Env) {
  const { PATH = '', HOME = '' } = process.env
  const ports = { WS_PORT: '0', SLUICE_ADMIN_PORT: '0' }
  const child = spawn(process.execPath, args, { cwd, env: { PATH, HOME, ...ports, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let log = ''
  child.stderr.on('data', (data) => {
    output += String(data)
  })
  child.stdout.on('data', (data) => {
    output += String(data)
    log += String(data)
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = () => log.split('\n').slice(0, -1)
  return {
    process: child,
    exited,
    output: () => output,
    logged: (message: string) =>
      lines()
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line))
        .filter(({ msg }) => msg === message),
  }
}
