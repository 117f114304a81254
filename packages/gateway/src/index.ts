/** The face of the package: a gateway as a library, and what the command `sluice` needs of it. */
export { CSV_HEADER, toCsvLine, toJsonLine } from './audit/audit-export.ts'
export { auditName } from './audit/audit-name.ts'
export {
  type AuditDimension,
  type AuditFilter,
  type AuditGroup,
  AuditReader,
  type AuditStatistics,
} from './audit/audit-reader.ts'
export { parseAuditTarget } from './audit/audit-target.ts'
export { boundedId } from './audit/bounded-id.ts'
export { AUDIT_STATUSES, type AuditRecord, type StoredEvent } from './audit/record.ts'
export { type Erasure, type ErasureRequest, eraseCompletions } from './audit/retention.ts'
export type { AnalyticsCallbacks } from './callbacks.ts'
export { checkConfiguration } from './check-configuration.ts'
export {
  createKey,
  type KeyAttributes,
  keyFileProblem,
  keyFileTime,
  listKeys,
  revokeKey,
  type StoredKey,
} from './clients/key-store.ts'
export { fileJsonSchema } from './config/file-schema.ts'
export {
  type GatewayConfig,
  type GatewayOptions,
  gatewayConfig,
} from './config/gateway-config.ts'
export { type LoadedConfig, loadConfig } from './config/load.ts'
export { masked } from './config/masked.ts'
export type { Setting } from './config/setting.ts'
export { SETTINGS, type SettingName, type Settings } from './config/settings.ts'
export type { Environment } from './config/variables.ts'
export { createDetectors } from './detectors/detectors.ts'
export { detectorJsonSchema } from './detectors/http-contract.ts'
export { judge } from './detectors/judge.ts'
export { GatewayError, type GatewayErrorCode } from './errors.ts'
export { createGateway, Gateway } from './gateway.ts'
export { createLogger, framesOf, type Logger } from './logger.ts'
export { createDispatcher } from './outbound.ts'
export { policyTable } from './request/policies.ts'
export { RootSecret } from './root-secret.ts'
export { type CertificateFacts, certificateProblem, readTls } from './server/tls.ts'
export { UpstreamClient } from './upstream/client.ts'
export {
  isUpstreamAbsent,
  profileDefaults,
  profileOf,
  upstreamTarget,
} from './upstream/profiles.ts'
export type { UpstreamTarget } from './upstream/target.ts'
export { verifySignature } from './webhook/signature.ts'
export type { StreamEvent } from './webhook/stream-event.ts'
