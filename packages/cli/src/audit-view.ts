/** What `sluice audit` shows: tables for people, and a client's name beside its id. Formats for machines are the gateway's. */
import type {
  AuditDimension,
  AuditGroup,
  AuditRecord,
  AuditStatistics,
  StoredEvent,
} from '@sluice/gateway'
import { table } from './table.ts'

/** The name that an operator gave to a client's key; undefined for one that has none. */
export type NameOf = (client: string) => string | undefined

function clientOf(client: string, nameOf: NameOf): string {
  const name = nameOf(client)
  return name === undefined ? client : `${name} (${client})`
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}

export function completionTable(records: readonly AuditRecord[], nameOf: NameOf): string[] {
  const header = [
    'began',
    'status',
    'client',
    'model',
    'policy',
    'in',
    'out',
    'ms',
    'error',
    'request',
  ]
  const rows = records.map((record) => [
    isoTime(record.beganAt),
    record.status,
    clientOf(record.client, nameOf),
    record.model,
    record.policy,
    record.promptTokens,
    record.completionTokens,
    rounded(record.latencyMs),
    record.errorCode,
    record.requestId,
  ])
  return table(header, rows)
}

export function eventTable(events: readonly StoredEvent[], nameOf: NameOf): string[] {
  const rows = events.map((event) => [
    isoTime(event.at),
    event.kind,
    detailOf(event, nameOf),
    event.instance,
  ])
  return table(['at', 'kind', 'what', 'instance'], rows)
}

function detailOf(event: StoredEvent, nameOf: NameOf): string {
  switch (event.kind) {
    case 'auth_failure':
    case 'refusal':
      return `${event.reason} from ${event.address}, ${event.count} times`
    case 'key_change':
      return `key ${clientOf(event.keyId, nameOf)} ${event.action}`
    case 'config_change':
      return `${event.outcome}: ${event.settings.join(', ') || 'no setting'}`
    case 'gap':
      return `${event.lost} records lost, ${isoTime(event.from)} to ${isoTime(event.to)}`
    case 'erasure':
      return `${event.completions} completions erased`
    case 'interruption':
      return `${event.completions} completions of an earlier life interrupted`
    default:
      // A newer gateway may have written kinds that this command does not know.
      return JSON.stringify(event)
  }
}

/** An event for machines: times as ISO 8601, the key's name beside its id. */
export function eventJson(event: StoredEvent, nameOf: NameOf): object {
  const { at, ...detail } = event
  const times = event.kind === 'gap' ? { from: isoTime(event.from), to: isoTime(event.to) } : {}
  const name = event.kind === 'key_change' ? nameOf(event.keyId) : undefined
  return { at: isoTime(at), ...detail, ...times, ...(name === undefined ? {} : { keyName: name }) }
}

export function statisticsText(statistics: AuditStatistics, nameOf: NameOf): string[] {
  const { completions, promptTokens, completionTokens } = statistics
  const groups = [
    ['status', statistics.byStatus],
    ['model', statistics.byModel],
    ['policy', statistics.byPolicy],
    ['client', named(statistics.byClient, nameOf)],
  ] as const
  const times = [
    ['latency', statistics.latencyMs],
    ['first token', statistics.timeToFirstTokenMs],
  ] as const
  return [
    `${completions} completions, ${promptTokens} tokens of prompts, ${completionTokens} of answers`,
    ...groups.flatMap(([name, counts]) => [
      '',
      ...table([name, 'completions'], Object.entries(counts)),
    ]),
    '',
    ...table(
      ['finding', 'direction', 'action', 'count'],
      statistics.findings.map(({ entity, direction, action, count }) => [
        entity,
        direction,
        action,
        count,
      ]),
    ),
    '',
    ...table(
      ['milliseconds', 'p50', 'p95', 'p99', 'max'],
      times.map(([name, { p50, p95, p99, max }]) => [name, ...[p50, p95, p99, max].map(rounded)]),
    ),
  ]
}

export function groupTable(
  by: AuditDimension,
  groups: readonly AuditGroup[],
  nameOf: NameOf,
): string[] {
  const name = typeof by === 'string' ? by : by.label
  const rows = groups.map((group) => [
    group.value !== null && by === 'client' ? clientOf(group.value, nameOf) : group.value,
    group.completions,
    group.blocked,
    group.failed,
    group.promptTokens,
    group.completionTokens,
  ])
  return table([name, 'completions', 'blocked', 'failed', 'in', 'out'], rows)
}

function named(counts: Readonly<Record<string, number>>, nameOf: NameOf): Record<string, number> {
  const entries = Object.entries(counts).map(([client, count]) => [clientOf(client, nameOf), count])
  return Object.fromEntries(entries)
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value)
}
