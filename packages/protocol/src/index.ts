/** The face of the package: types and constants only. The schemas, which need a library, are at `@sluice/protocol/schemas`. */
export type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ChatTool,
  ToolCall,
  ToolMessage,
} from './chat-request.ts'
export { CLOSE_CODES, type CloseCode, type Reconnect } from './close-codes.ts'
export type {
  AckMessage,
  AuditLog,
  BlockedMessage,
  ChunkMessage,
  CompleteMessage,
  Dialect1ClientMessage,
  Dialect1ServerMessage,
  ErrorMessage,
  InitMessage,
} from './dialect-1.ts'
export { BLOCKED_REASONS, ERROR_TEXTS } from './dialect-1.ts'
export type {
  AckFrame,
  BlockedFrame,
  CancelFrame,
  CancelledFrame,
  Channel,
  ChunkFrame,
  CompleteFrame,
  CompletionAudit,
  DetachFrame,
  Dialect2ClientFrame,
  Dialect2ServerFrame,
  ErrorFrame,
  GoawayFrame,
  HelloFrame,
  InitFrame,
  PingFrame,
  PongFrame,
  ResumedFrame,
  ResumeFrame,
  TerminalFrame,
  ToolCallDelta,
  Usage,
  WelcomeFrame,
} from './dialect-2.ts'
export { DIALECT_2_LIMITS } from './dialect-2.ts'
export {
  ERROR_CODES,
  ERRORS,
  type ErrorCode,
  type ErrorCodeRow,
  errorRow,
  type OpenAiErrorType,
} from './error-codes.ts'
export type { HelloMessage } from './hello.ts'
export { SUBPROTOCOL_KEY_PREFIX, SUBPROTOCOL_V1, SUBPROTOCOL_V2 } from './subprotocols.ts'
