/** Standard input that is piped in, up to a limit. */
import { CommandError } from './failure.ts'

/** The gateway's own default limit for a message. */
const MAX_BYTES = 4_194_304

/** @throws CommandError if there is more than 4 MiB */
export async function readPiped(input: NodeJS.ReadStream): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of input) {
    parts.push(part as Buffer)
    length += (part as Buffer).length
    if (length > MAX_BYTES)
      throw new CommandError(`Standard input has more than ${MAX_BYTES} bytes`)
  }
  return Buffer.concat(parts).toString('utf8')
}
