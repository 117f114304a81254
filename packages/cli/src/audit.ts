/** `sluice audit`: reads the audit file, also while a gateway writes it. */
import { hostname } from 'node:os'
import {
  AUDIT_STATUSES,
  type AuditFilter,
  AuditReader,
  type AuditRecord,
  auditName,
  CSV_HEADER,
  eraseConversation,
  parseAuditTarget,
  toCsvLine,
  toJsonLine,
} from '@sluice/gateway'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readConfiguration } from './configuration.ts'
import { CommandError } from './failure.ts'
import { neutralise, paint } from './terminal.ts'

interface FilterOptions {
  file?: string
  since?: number
  until?: number
  status?: AuditRecord['status']
  client?: string
  model?: string
  conversation?: string
  limit?: number
}

export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'reads the audit: who asked when, and what came of it, never what was said',
  )
  audit.addCommand(
    filtered(
      new Command('list').description('completions, the newest first, one a line'),
      50,
    ).action(list),
  )
  audit.addCommand(
    new Command('show')
      .description('one completion as JSON')
      .argument('<requestId>')
      .option('--file <path>', 'audit file (SLUICE_AUDIT)')
      .action(show),
  )
  const format = new Option('--format <format>', 'one record a line')
    .choices(['jsonl', 'csv'])
    .default('jsonl')
  audit.addCommand(
    filtered(
      new Command('export').description('completions as JSON lines or CSV').addOption(format),
    ).action(exportAll),
  )
  audit.addCommand(
    filtered(new Command('stats').description('sums and percentiles as JSON')).action(stats),
  )
  audit.addCommand(
    new Command('erase')
      .description('removes every completion of a conversation')
      .argument('<conversationId>')
      .option('--file <path>', 'audit file (SLUICE_AUDIT)')
      .action(erase),
  )
  return audit
}

function filtered(command: Command, limit?: number): Command {
  return command
    .option('--file <path>', 'audit file (SLUICE_AUDIT)')
    .option(
      '--since <when>',
      'begun at or after: an ISO date, or an age such as 30m, 24h, 7d',
      timeOf,
    )
    .option('--until <when>', 'begun before', timeOf)
    .addOption(new Option('--status <status>', 'how it ended').choices(AUDIT_STATUSES))
    .option('--client <id>', 'of one client')
    .option('--model <name>', 'of one model')
    .option('--conversation <id>', 'of one conversation')
    .option('--limit <n>', 'at most so many', wholeNumber, limit)
}

function list(options: FilterOptions): void {
  withReader(options.file, (reader) => {
    for (const record of reader.list(filterOf(options))) process.stdout.write(`${line(record)}\n`)
  })
}

function show(requestId: string, options: FilterOptions): void {
  withReader(options.file, (reader) => {
    const record = reader.get(requestId)
    if (record === undefined)
      throw new CommandError('The audit has no completion with this request id')
    process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
  })
}

function exportAll(options: FilterOptions & { format: 'jsonl' | 'csv' }): void {
  const isCsv = options.format === 'csv'
  withReader(options.file, (reader) => {
    if (isCsv) process.stdout.write(`${CSV_HEADER}\n`)
    for (const record of reader.list(filterOf(options))) {
      process.stdout.write(`${isCsv ? toCsvLine(record) : toJsonLine(record)}\n`)
    }
  })
}

function stats(options: FilterOptions): void {
  withReader(options.file, (reader) => {
    process.stdout.write(`${JSON.stringify(reader.stats(filterOf(options)), null, 2)}\n`)
  })
}

async function erase(conversationId: string, options: FilterOptions): Promise<void> {
  const name = auditName(conversationId)
  if (name === undefined) throw new CommandError('This is no conversation id')
  const request = { conversationId: name, instance: hostname(), at: Date.now() }
  const erased = await eraseConversation(pathOf(options.file), request)
  process.stdout.write(`${erased} completions erased\n`)
}

function withReader(file: string | undefined, use: (reader: AuditReader) => void): void {
  const reader = new AuditReader(pathOf(file))
  try {
    use(reader)
  } finally {
    reader.close()
  }
}

function pathOf(file: string | undefined): string {
  const value = file ?? readConfiguration(process.env, process.cwd()).loaded.settings.audit
  const target = parseAuditTarget(value)
  if (target.kind === 'off')
    throw new CommandError('The audit is off (SLUICE_AUDIT); name a file with --file')
  return target.path
}

function filterOf({
  since,
  until,
  status,
  client,
  model,
  conversation,
  limit,
}: FilterOptions): AuditFilter {
  const conversationId = conversation === undefined ? undefined : auditName(conversation)
  return { since, until, status, client, model, conversationId, limit }
}

function line(record: AuditRecord): string {
  const colour =
    record.status === 'success' ? 'green' : record.status === 'running' ? 'cyan' : 'yellow'
  return [
    new Date(record.beganAt).toISOString(),
    record.requestId,
    paint(colour, record.status.padEnd(11), process.stdout),
    neutralise(`${record.client} ${record.model} ${record.policy}`),
    `${record.promptTokens ?? '-'}+${record.completionTokens ?? '-'} tokens`,
    `${record.latencyMs ?? '-'} ms`,
    record.errorCode ?? '',
  ].join('  ')
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeOf(text: string): number {
  const age = /^(\d+)([smhd])$/.exec(text)
  const time =
    age === null ? Date.parse(text) : Date.now() - Number(age[1]) * (UNITS[age[2] ?? ''] ?? 0)
  if (Number.isNaN(time))
    throw new InvalidArgumentError('expected an ISO date such as 2026-11-22, or an age such as 24h')
  return time
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1')
  return Number(text)
}
