/** The tutorial's audit log, from the report of a completion. */
import type { AuditLog } from '@sluice/protocol'
import type { CompletionReport } from './terminal.ts'

/** What clients and callbacks learn at the end, whatever the end was. */
export function auditLogOf(report: CompletionReport): AuditLog {
  return {
    requestId: report.requestId,
    modelId: report.model,
    timestamp: new Date(report.startedAt + report.latencyMs).toISOString(),
    status: statusOf(report),
    tokenCount: report.tokensOut,
    latencyMs: report.latencyMs,
    ppiFiltered: concealsPersonalData(report),
    safetyPassed: report.blockedCategory !== 'safety',
  }
}

function statusOf({ status }: CompletionReport): AuditLog['status'] {
  if (status === 'complete') return 'success'
  return status === 'blocked' ? 'blocked' : 'failed'
}

/** Something was found and not merely observed, and it was not a matter of safety alone. */
function concealsPersonalData({ blockedCategory, findings }: CompletionReport): boolean {
  if (blockedCategory !== undefined) return blockedCategory === 'pii'
  return findings.some(({ action }) => action !== 'observe')
}
