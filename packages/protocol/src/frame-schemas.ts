/**
 * Schemas of dialect 2's frames: those of a client for the server's edge, those of a server for tests and for the
 * published JSON Schema. They need zod, so they stand apart from the package's face.
 */
import { z } from 'zod'
import { BLOCKED_REASONS } from './dialect-1.ts'
import {
  type AckFrame,
  type BlockedFrame,
  type CancelFrame,
  type CancelledFrame,
  type ChunkFrame,
  type CompleteFrame,
  type DetachFrame,
  DIALECT_2_LIMITS,
  type ErrorFrame,
  type GoawayFrame,
  type HelloFrame,
  type InitFrame,
  type PingFrame,
  type PongFrame,
  type ResumedFrame,
  type ResumeFrame,
  type WelcomeFrame,
} from './dialect-2.ts'
import { ERROR_CODES } from './error-codes.ts'
import { type ChatRequestLimits, chatRequestSchema } from './schemas.ts'

const id = z.string().min(1).max(DIALECT_2_LIMITS.idCharacters)
const epoch = z.int().min(1)
const seq = z.int().min(1)
const count = z.int().min(0)
const milliseconds = z.number().min(0)
const fields = z.record(z.string(), z.unknown())

const helloFrame: z.ZodType<HelloFrame> = z.object({
  type: z.literal('hello'),
  token: z.string().min(1).optional(),
  client: id.optional(),
})

function initFrame(limits: ChatRequestLimits): z.ZodType<InitFrame> {
  return z.object({
    type: z.literal('init'),
    id,
    payload: chatRequestSchema(limits),
    idempotencyKey: id.optional(),
    onDisconnect: z.enum(['continue', 'cancel']).optional(),
    onOverflow: z.enum(['reject', 'truncate']).optional(),
    conversationId: id.optional(),
  })
}

/** One name or the other; with both, `id` counts. */
const cancelFrame: z.ZodType<CancelFrame> = z.union(
  [
    z.object({ type: z.literal('cancel'), id }),
    z.object({ type: z.literal('cancel'), requestId: id }),
  ],
  { error: 'expected an id or a requestId of 1 to 128 characters' },
)

const detachFrame: z.ZodType<DetachFrame> = z.object({ type: z.literal('detach'), id })

const resumeFrame: z.ZodType<ResumeFrame> = z.object({
  type: z.literal('resume'),
  id,
  requestId: id,
  epoch: epoch.optional(),
  after: count,
})

const pingFrame: z.ZodType<PingFrame> = z.object({
  type: z.literal('ping'),
  t: z.number().optional(),
})

/** The schema of each frame of a client by its type; a type that is not here is `unknown_type`. */
export function clientFrameSchemas(limits: ChatRequestLimits) {
  return {
    hello: helloFrame,
    init: initFrame(limits),
    cancel: cancelFrame,
    detach: detachFrame,
    resume: resumeFrame,
    ping: pingFrame,
  }
}

const welcomeFrame: z.ZodType<WelcomeFrame> = z.object({
  type: z.literal('welcome'),
  connectionId: id,
  limits: z.object({ completions: seq, messageBytes: seq }),
  heartbeat: z.object({ intervalMs: milliseconds, timeoutMs: milliseconds }),
})

const ackFrame: z.ZodType<AckFrame> = z.object({
  type: z.literal('handshake_ack'),
  id,
  requestId: id,
  epoch,
  modelId: z.string().min(1),
  tokenCount: count,
  contextWindow: seq.exactOptional(),
  dropped: seq.exactOptional(),
  durable: z.boolean().exactOptional(),
  expiresAt: z.iso.datetime(),
})

const toolCallDelta = z.object({
  index: count,
  id: z.string().exactOptional(),
  name: z.string().exactOptional(),
  arguments: z.string().exactOptional(),
  extra: fields.exactOptional(),
})

const chunkFrame: z.ZodType<ChunkFrame> = z.object({
  type: z.literal('chunk'),
  id,
  seq,
  from: seq.exactOptional(),
  text: z.string().exactOptional(),
  choice: count.exactOptional(),
  channel: z.enum(['content', 'reasoning', 'refusal', 'tool_call']).exactOptional(),
  toolCall: toolCallDelta.exactOptional(),
  extra: fields.exactOptional(),
})

const usage = z.object({
  promptTokens: count,
  completionTokens: count,
  estimated: z.boolean(),
})

/** What all terminals have. */
const terminal = { id, seq, from: seq.exactOptional(), epoch: epoch.exactOptional() }

const completeFrame: z.ZodType<CompleteFrame> = z.object({
  type: z.literal('complete'),
  ...terminal,
  finishReasons: z.array(z.string()),
  usage,
  audit: z.object({
    timestamp: z.iso.datetime(),
    latencyMs: milliseconds,
    piiConcealed: z.boolean(),
  }),
})

const blockedFrame: z.ZodType<BlockedFrame> = z.object({
  type: z.literal('blocked'),
  ...terminal,
  reason: z.enum(BLOCKED_REASONS),
  direction: z.enum(['input', 'output']),
  retracted: z.boolean(),
})

const cancelledFrame: z.ZodType<CancelledFrame> = z.object({
  type: z.literal('cancelled'),
  ...terminal,
  by: z.enum(['client', 'disconnect', 'abandoned', 'operator', 'deadline']),
  usage,
})

const errorFrame: z.ZodType<ErrorFrame> = z.object({
  type: z.literal('error'),
  id: id.exactOptional(),
  requestId: id.exactOptional(),
  seq: seq.exactOptional(),
  from: seq.exactOptional(),
  epoch: epoch.exactOptional(),
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: milliseconds.exactOptional(),
})

const resumedFrame: z.ZodType<ResumedFrame> = z.object({
  type: z.literal('resumed'),
  id,
  requestId: id,
  epoch,
  state: z.enum(['running', 'ended']),
  from: seq,
  top: count,
})

const pongFrame: z.ZodType<PongFrame> = z.object({
  type: z.literal('pong'),
  t: z.number().exactOptional(),
})

const goawayFrame: z.ZodType<GoawayFrame> = z.object({
  type: z.literal('goaway'),
  reason: z.string(),
  reconnectAfterMs: milliseconds,
  graceMs: milliseconds,
})

/** The schema of each frame of a server by its type. */
export const serverFrameSchemas = {
  welcome: welcomeFrame,
  handshake_ack: ackFrame,
  chunk: chunkFrame,
  complete: completeFrame,
  blocked: blockedFrame,
  cancelled: cancelledFrame,
  error: errorFrame,
  resumed: resumedFrame,
  pong: pongFrame,
  goaway: goawayFrame,
}

/** What the message size allows by default; a deployment may set less for one message. */
const PUBLISHED_LIMITS: ChatRequestLimits = { maxContentCharacters: 4_194_304 }

/** The JSON Schema of all frames: `ClientFrame` and `ServerFrame` in `$defs`. */
export function frameJsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Frames of the Sluice protocol, dialect 2 (sluice.v2)',
    $defs: {
      ClientFrame: unionOf(clientFrameSchemas(PUBLISHED_LIMITS)),
      ServerFrame: unionOf(serverFrameSchemas),
    },
    anyOf: [{ $ref: '#/$defs/ClientFrame' }, { $ref: '#/$defs/ServerFrame' }],
  }
}

function unionOf(schemas: Record<string, z.ZodType>): Record<string, unknown> {
  const { $schema, ...union } = z.toJSONSchema(z.union(Object.values(schemas)), { io: 'input' })
  return union
}
