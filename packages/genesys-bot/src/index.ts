/** The face of the package. */
export { type Bot, createBot } from './bot.ts'
export type { BotOptions, BotTexts } from './bot-options.ts'
export type { BotReply, ReplyMessage } from './bot-reply.ts'
export type { MemoryLimits } from './conversation-memory.ts'
export type { ReplyLimits } from './split-reply.ts'
export type { TurnOutcome, TurnReport } from './turns.ts'
