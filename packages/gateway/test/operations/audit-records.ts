/** What an audit file says after the gateway has gone. */
import { AuditReader, type AuditRecord } from '@sluice/gateway'

export interface AuditContent {
  readonly records: readonly AuditRecord[]
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

export function auditContent(path: string): AuditContent {
  const reader = new AuditReader(path)
  try {
    return {
      records: [...reader.list()],
      events: [...reader.events()] as Record<string, unknown>[],
    }
  } finally {
    reader.close()
  }
}

/** How many records have each status. */
export function statusesOf(path: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of auditContent(path).records) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
