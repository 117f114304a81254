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
export { ERROR_CODES, type ErrorCode } from './error-codes.ts'
export type { HelloMessage } from './hello.ts'
export { SUBPROTOCOL_KEY_PREFIX, SUBPROTOCOL_V1 } from './subprotocols.ts'
