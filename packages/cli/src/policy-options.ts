/** What the `sluice policy` commands share: which kind of text it is, and which policy is meant if none is named. */
import type { Channel, Direction, OpenOptions, Role } from '@sluice/guard'
import { type Command, InvalidArgumentError, Option } from './commander.ts'

export interface TextOptions {
  policy?: string
  direction: Direction
  channel: Channel
  role?: Role
}

const DIRECTIONS = ['input', 'output'] as const satisfies readonly Direction[]
export const CHANNELS = [
  'content',
  'reasoning',
  'refusal',
  'tool_arguments',
] as const satisfies readonly Channel[]
export const ROLES = [
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
] as const satisfies readonly Role[]

/** Adds `--policy`, `--direction`, `--channel` and `--role`. */
export function withTextOptions(command: Command): Command {
  const direction = new Option('--direction <direction>', 'which way the text goes')
  const channel = new Option('--channel <channel>', 'which part of a message it is')
  const role = new Option('--role <role>', 'who says it (default: user for input, else assistant)')
  return command
    .option('--policy <name>', 'which policy (default: the one in use)')
    .addOption(direction.choices(DIRECTIONS).default('output'))
    .addOption(channel.choices(CHANNELS).default('content'))
    .addOption(role.choices(ROLES))
}

export function openOptionsOf({ direction, channel, role }: TextOptions): OpenOptions {
  return { direction, channel, ...(role === undefined ? {} : { role }) }
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1')
  return Number(text)
}
