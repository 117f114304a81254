/** The structured log: what happened, never what was said. */
import { require } from './commonjs.ts'

const { pino } = require('pino') as typeof import('pino')

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A JSON log on standard output, or where `destination` says. Each line has time, level and message. */
export function createLogger(level: string, destination?: NodeJS.WritableStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** An exception's class and frames, without its message: that may quote what a client or an upstream sent. */
export function framesOf(error: unknown): { name: string; frames: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { name: error.name, frames: frames.slice(0, 10).map((line) => line.trim()) }
}
