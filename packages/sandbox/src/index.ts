/** A stand-in for Genesys Cloud and its LLM Gateway, with faults on demand. This file is the face of the package. */

export {
  type BotConnectorOptions,
  type BotConnectorTurn,
  playBotConnector,
} from './bot-connector.ts'
export { SandboxError, type SandboxErrorCode } from './errors.ts'
export type { FaultQueue } from './faults.ts'
export type { RecordedRequest, SandboxStats } from './ledger.ts'
export type { Imitates, SandboxModel } from './models/scenario.ts'
export { sandboxModels } from './models.ts'
export type { SandboxOptions } from './options.ts'
export { type SandboxRoute, sandboxRoutes } from './routes.ts'
export { type Sandbox, startSandbox } from './server.ts'
export { sandboxTokenFaults, type TokenFault } from './token-faults.ts'
