/** A logger at its most talkative that keeps every line it writes. */
import { Writable } from 'node:stream'
import { createLogger, type Logger } from '@sluice/gateway'

export interface LogLines {
  readonly logger: Logger
  /** Everything that was logged, as it would stand in a file. */
  text(): string
  /** The lines with this message. */
  of(message: string): Record<string, unknown>[]
}

export function logLines(): LogLines {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const parsed = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line))
  return {
    logger: createLogger('trace', sink),
    text: () => text,
    of: (message) => parsed().filter(({ msg }) => msg === message),
  }
}
