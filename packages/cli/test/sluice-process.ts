/** The command `sluice` as a child process, as a user runs it: in a folder of its own and with only the variables it is given. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/sluice.js', import.meta.url))
const DEADLINE_MS = 90_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface SluiceOptions {
  env?: Readonly<Record<string, string>>
  /** What is piped in; without it standard input is empty and closed. */
  input?: string | Buffer
  folder?: string
  /** Runs as this user; the tests' own user has to be root for it. */
  uid?: number
}

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A run of `sluice` that may still go on. */
export class SluiceProcess {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess

  constructor(args: readonly string[], options: SluiceOptions = {}) {
    const { PATH = '', HOME = '' } = process.env
    this.#child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.folder ?? temporaryFolder(),
      env: { PATH, HOME, SLUICE_AUDIT: 'off', SLUICE_ADMIN_PORT: 'off', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    })
    onTestFinished(() => void this.#child.kill('SIGKILL'))
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    this.#child.stdin?.on('error', () => {})
    this.#child.stdin?.end(options.input ?? '')
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) =>
        resolve({ code, stdout: this.stdout, stderr: this.stderr }),
      )
    })
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** The first match of `pattern` in its output; throws if it does not come or the process ends. */
  async prints(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + DEADLINE_MS
    for (;;) {
      const [match] = pattern.exec(`${this.stderr}${this.stdout}`) ?? []
      if (match !== undefined) return match
      if (performance.now() > deadline || this.#child.exitCode !== null) {
        throw new Error(`never printed ${pattern}:\n${this.stderr}${this.stdout}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Runs `sluice` to its end. */
export function sluice(args: readonly string[], options: SluiceOptions = {}): Promise<Ended> {
  return new SluiceProcess(args, options).ended
}

/** A gateway on a free port with the sandbox in it; resolves with its URL when it listens. */
export async function serving(
  env: Readonly<Record<string, string>> = {},
): Promise<{ process: SluiceProcess; url: string }> {
  const process = new SluiceProcess(['serve', '--port', '0'], { env })
  const url = (await process.prints(/Sluice listens on (ws:\S+)/)).split(' ').at(-1) ?? ''
  return { process, url }
}
