/** Splits an answer into the messages that a customer sees. Knows nothing of who sends them. */

export interface ReplyLimits {
  /** Characters (UTF-16 code units) of one message, 100 to 100,000. Default 2,000. */
  maxCharacters: number
  /** Messages of one reply, 1 to 100. Default 5. */
  maxMessages: number
}

const ELLIPSIS = '…'
/** Where a text that is too long is cut, best first: after a line, a sentence, a word. */
const CUTS = [/\n/g, /[.!?…。！？]["')\]]*\s/g, /\s/g]
/** A cut nearer to the start than this share of the limit wastes too much of the message. */
const MIN_SHARE = 0.5

/**
 * One message for each paragraph. Those that are too long are cut after a line, a sentence or a word; if they are too
 * many, neighbours share a message; what is more than all messages hold is left out, and an ellipsis says so.
 */
export function splitReply(text: string, limits: ReplyLimits): string[] {
  const { maxCharacters, maxMessages } = limits
  const paragraphs = text.split(/\n\s*\n/).map((part) => part.trim())
  const pieces = paragraphs.filter(Boolean).flatMap((part) => cut(part, maxCharacters))
  if (pieces.length <= maxMessages) return pieces
  const packed = pack(pieces, maxCharacters)
  if (packed.length <= maxMessages) return packed
  const last = packed[maxMessages - 1] ?? ''
  const [ending = ''] = cut(last, maxCharacters - ELLIPSIS.length)
  return [...packed.slice(0, maxMessages - 1), ending + ELLIPSIS]
}

function cut(text: string, maxCharacters: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxCharacters) {
    const at = cutOf(rest, maxCharacters)
    pieces.push(rest.slice(0, at).trim())
    rest = rest.slice(at).trim()
  }
  if (rest !== '') pieces.push(rest)
  return pieces
}

/** How many characters of a text that is too long make a message. */
function cutOf(text: string, maxCharacters: number): number {
  const start = text.slice(0, maxCharacters)
  for (const pattern of CUTS) {
    let end = 0
    for (const { index, 0: found } of start.matchAll(pattern)) end = index + found.length
    if (end >= maxCharacters * MIN_SHARE) return end
  }
  return isLowSurrogate(text.charCodeAt(maxCharacters)) ? maxCharacters - 1 : maxCharacters
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** Joins neighbours as far as they fit into one message. */
function pack(pieces: readonly string[], maxCharacters: number): string[] {
  const packed: string[] = []
  for (const piece of pieces) {
    const joined = `${packed.at(-1) ?? ''}\n\n${piece}`
    if (packed.length > 0 && joined.length <= maxCharacters) packed[packed.length - 1] = joined
    else packed.push(piece)
  }
  return packed
}
