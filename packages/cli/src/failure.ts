/** How a command ends that could not do its work: one clear line, exit code 1, and no stack trace for a user's mistake. */
import type { Command } from './commander.ts'
import { neutralise, paint } from './terminal.ts'

/** A mistake of the user, or of what was asked of another machine. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The packages' own errors, whose messages are written for people; by name, so that a command loads only what it uses. */
const FORESEEN = new Set(['CommandError', 'GatewayError', 'SandboxError'])

/** Prints why and exits with 1. */
export function fail(error: unknown): never {
  const text = foreseenProblem(error) ?? describeDefect(error)
  // It may quote a file, an argument or a peer.
  process.stderr.write(`${paint('red', 'sluice:', process.stderr)} ${neutralise(text)}\n`)
  process.exit(1)
}

/** The variable that an option stands for, as its help says it: `port for WebSockets (WS_PORT)`. */
const VARIABLE = /\b(?:SLUICE|WS)_[A-Z_]+\b/

/** A failure of a command that names the options which were typed, and not the settings that they stand for. */
export function asTyped(error: unknown, command: Command): unknown {
  if (!(error instanceof Error)) return error
  for (const option of command.options) {
    const [variable] = VARIABLE.exec(option.description) ?? []
    const isTyped = command.getOptionValueSource(option.attributeName()) === 'cli'
    if (variable === undefined || !isTyped) continue
    error.message = error.message.replaceAll(
      new RegExp(`\\b${variable}\\b`, 'g'),
      option.long ?? '',
    )
  }
  return error
}

/** The message of an error that is written for people: one of ours, or of the system. Undefined for a defect. */
export function foreseenProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const isSystems = (error as NodeJS.ErrnoException).code !== undefined
  return isSystems || FORESEEN.has(error.name) ? error.message : undefined
}

/** With the stack, because that is what helps. */
function describeDefect(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `unexpected failure, please report it\n${error.stack}`
}
