/** The face of the package. */
export {
  type AttachOptions,
  type CompleteOptions,
  type ConnectOptions,
  connect,
  type SluiceClient,
} from './client.ts'
export type {
  Completion,
  CompletionEvent,
  ExtraEvent,
  Position,
  TextEvent,
  ToolCallEvent,
} from './completion.ts'
export type { ConnectionState } from './connector.ts'
export type { Acknowledged, Ending } from './server-frame.ts'
export { type ClientErrorCode, SluiceError, type SluiceErrorOptions } from './sluice-error.ts'
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts'
