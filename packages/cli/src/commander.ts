/** What the commands need of commander. It is CommonJS: Node.js reads such a package twice where it is imported. */
import { createRequire } from 'node:module'
import type * as commander from 'commander'

export const { Command, InvalidArgumentError, Option } = createRequire(import.meta.url)(
  'commander',
) as typeof commander
export type Command = commander.Command
export type Option = commander.Option
