/** How a command ends that could not do its work: one clear line, exit code 1, and no stack trace for a user's mistake. */
import { paint } from './terminal.ts'

/** A mistake of the user, or of what was asked of another machine. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The packages' own errors, whose messages are written for people; by name, so that a command loads only what it uses. */
const FORESEEN = new Set(['CommandError', 'GatewayError', 'SandboxError'])

/** Prints why and exits with 1. */
export function fail(error: unknown): never {
  const isForeseen = error instanceof Error && FORESEEN.has(error.name)
  const text = isForeseen ? error.message : describe(error)
  process.stderr.write(`${paint('red', 'sluice:', process.stderr)} ${text}\n`)
  process.exit(1)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  // A system error says what happened in its message; anything else is a defect, and its stack is what helps.
  return code === undefined ? `unexpected failure, please report it\n${error.stack}` : error.message
}
