/**
 * Notices when the process has no file descriptors left. Then it can neither accept a connection nor open one, and nothing
 * else says why: the system closes new connections without a word.
 */
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Logger } from '../logger.ts'

/** How often it is tried. */
const LOOK_MS = 2_000
/** This process's limit is reached, or the machine's. */
const EXHAUSTED = new Set(['EMFILE', 'ENFILE'])

export class DescriptorWatch {
  readonly #logger: Pick<Logger, 'info' | 'error'>
  readonly #timer: NodeJS.Timeout
  #isExhausted = false

  constructor(logger: Pick<Logger, 'info' | 'error'>) {
    this.#logger = logger
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const code = failureOfOpening()
    const isExhausted = code !== undefined && EXHAUSTED.has(code)
    if (isExhausted === this.#isExhausted) return
    this.#isExhausted = isExhausted
    const why =
      'no file descriptors are left: connections are refused; raise ulimit -n (LimitNOFILE)'
    if (isExhausted) this.#logger.error({ code }, why)
    else this.#logger.info({}, 'there are file descriptors again')
  }
}

function failureOfOpening(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'))
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
