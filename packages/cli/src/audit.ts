/** `sluice audit`: reads the audit file, also while a gateway writes it. */
import { hostname } from 'node:os'
import {
  AUDIT_STATUSES,
  type AuditDimension,
  type AuditFilter,
  AuditReader,
  type AuditRecord,
  auditName,
  boundedId,
  CSV_HEADER,
  type ErasureRequest,
  eraseCompletions,
  listKeys,
  parseAuditTarget,
  RootSecret,
  toCsvLine,
  toJsonLine,
} from '@sluice/gateway'
import {
  completionTable,
  eventJson,
  eventTable,
  groupTable,
  type NameOf,
  statisticsText,
} from './audit-view.ts'
import { Command, InvalidArgumentError, Option } from './commander.ts'
import { readConfiguration } from './configuration.ts'
import { CommandError } from './failure.ts'
import { table } from './table.ts'

interface FilterOptions {
  file?: string
  since?: number
  until?: number
  status?: AuditRecord['status']
  client?: string
  subject?: string
  tenant?: string
  model?: string
  conversation?: string
  limit?: number
  json?: boolean
}

export function auditCommand(): Command {
  const audit = new Command('audit').description(
    'reads the audit: who asked when, and what came of it, never what was said',
  )
  audit.addHelpText(
    'after',
    '\nStatus success means that the whole answer was handed to the network, not that it arrived.',
  )
  audit.addCommand(
    filtered(new Command('list').description('completions, the newest first'), 50)
      .option('--json', 'one JSON object a line')
      .action(list),
  )
  audit.addCommand(
    timed(
      new Command('events').description(
        'what happened beside completions: refusals, changes of keys and settings, gaps, erasures',
      ),
      50,
    )
      .option('--json', 'one JSON object a line')
      .action(events),
  )
  audit.addCommand(
    new Command('show')
      .description('one completion')
      .argument('<requestId>')
      .option('--file <path>', 'audit file (SLUICE_AUDIT)')
      .option('--json', 'as JSON')
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
    filtered(new Command('stats').description('sums and percentiles'))
      .option(
        '--by <what>',
        'sums by tenant, client, model, policy, status, or label:<name>',
        dimensionOf,
      )
      .option('--json', 'as JSON')
      .action(stats),
  )
  audit.addCommand(
    new Command('erase')
      .description('removes every completion of a conversation or of a subject')
      .argument('[conversationId]')
      .option('--subject <name>', 'of this subject of tokens, instead of a conversation')
      .option('--file <path>', 'audit file (SLUICE_AUDIT)')
      .action(erase),
  )
  return audit
}

function timed(command: Command, limit?: number): Command {
  return command
    .option('--file <path>', 'audit file (SLUICE_AUDIT)')
    .option('--since <when>', 'at or after: an ISO date, or an age such as 30m, 24h, 7d', timeOf)
    .option('--until <when>', 'before', timeOf)
    .option('--limit <n>', 'at most so many', wholeNumber, limit)
}

function filtered(command: Command, limit?: number): Command {
  return timed(command, limit)
    .addOption(new Option('--status <status>', 'how it ended').choices(AUDIT_STATUSES))
    .option('--client <id>', 'of one client')
    .option('--subject <name>', 'of one subject of tokens')
    .option('--tenant <name>', 'of one tenant')
    .option('--model <name>', 'of one model')
    .option('--conversation <id>', 'of one conversation')
}

async function list(options: FilterOptions): Promise<void> {
  const nameOf = await clientNames()
  withReader(options.file, (reader) => {
    const records = reader.list(filterOf(options))
    if (options.json === true)
      for (const record of records) print(toJsonLine(named(record, nameOf)))
    else for (const line of completionTable([...records], nameOf)) print(line)
  })
}

async function events(options: FilterOptions): Promise<void> {
  const nameOf = await clientNames()
  withReader(options.file, (reader) => {
    const found = reader.events(filterOf(options))
    if (options.json === true)
      for (const event of found) print(toJsonLine(eventJson(event, nameOf)))
    else for (const line of eventTable([...found], nameOf)) print(line)
  })
}

async function show(requestId: string, options: FilterOptions): Promise<void> {
  const nameOf = await clientNames()
  withReader(options.file, (reader) => {
    const record = reader.get(requestId)
    if (record === undefined)
      throw new CommandError('The audit has no completion with this request id')
    const line = toJsonLine(named(record, nameOf))
    if (options.json === true) return print(line)
    const known = Object.entries(JSON.parse(line)).filter(([, value]) => value !== null)
    for (const row of table(
      ['field', 'value'],
      known.map(([field, value]) => [
        field,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )) {
      print(row)
    }
  })
}

async function exportAll(options: FilterOptions & { format: 'jsonl' | 'csv' }): Promise<void> {
  const isCsv = options.format === 'csv'
  withReader(options.file, (reader) => {
    if (isCsv) print(CSV_HEADER)
    for (const record of reader.list(filterOf(options))) {
      print(isCsv ? toCsvLine(record) : toJsonLine(record))
    }
  })
}

async function stats(options: FilterOptions & { by?: AuditDimension }): Promise<void> {
  const nameOf = await clientNames()
  const { by } = options
  withReader(options.file, (reader) => {
    if (by !== undefined) {
      const groups = reader.groups(by, filterOf(options))
      if (options.json === true) return print(JSON.stringify(groups, null, 2))
      for (const line of groupTable(by, groups, nameOf)) print(line)
      return
    }
    const statistics = reader.stats(filterOf(options))
    if (options.json === true) print(JSON.stringify(statistics, null, 2))
    else for (const line of statisticsText(statistics, nameOf)) print(line)
  })
}

/** The names of keys; none where there is no key file that this user may read. */
async function clientNames(): Promise<NameOf> {
  const { keysFile } = readConfiguration(process.env, process.cwd()).loaded.settings
  const keys = keysFile === undefined ? [] : await listKeys(keysFile).catch(() => [])
  const names = new Map(keys.map(({ id, name }) => [id, name]))
  return (client) => names.get(client)
}

function named(record: AuditRecord, nameOf: NameOf): object {
  const { client } = record
  const name = nameOf(client)
  return name === undefined ? record : { ...record, clientName: name }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function erase(
  conversationId: string | undefined,
  options: { file?: string; subject?: string },
): Promise<void> {
  const whose = erasedName(conversationId, options.subject)
  const path = pathOf(options.file)
  const request = { ...whose, instance: hostname(), at: Date.now() }
  const { completions, isFinished } = await eraseCompletions(path, request)
  print(`${completions} completions erased`)
  if (isFinished) return
  throw new CommandError(
    `Another process reads ${path}, and ${path}-wal still holds what was erased; run this again when it has ended`,
  )
}

function erasedName(
  conversationId: string | undefined,
  subject: string | undefined,
): Pick<ErasureRequest, 'by' | 'name'> {
  if ((conversationId === undefined) === (subject === undefined))
    throw new CommandError('Name a conversation, or a subject by --subject')
  const by = subject === undefined ? 'conversation_id' : 'subject'
  const name =
    subject === undefined ? storedName(conversationId ?? '') : storedName(subject, boundedId)
  if (name === undefined) throw new CommandError('This is no name that the audit can hold')
  return { by, name }
}

/**
 * What the audit calls a conversation or a tenant, or by `boundedId` a subject; a name that it conceals is found by the
 * gateway's own secret alone.
 */
function storedName(given: string, nameIn: typeof auditName = auditName): string | undefined {
  const { secret } = readConfiguration(process.env, process.cwd()).loaded.settings
  const name = nameIn(given, new RootSecret(secret).key('audit'))
  if (secret === undefined && name !== undefined && name !== given) {
    throw new CommandError(
      'The audit has a digest in place of this name: set SLUICE_SECRET as the gateway has it',
    )
  }
  return name
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
  subject: givenSubject,
  tenant: givenTenant,
  model,
  conversation,
  limit,
}: FilterOptions): AuditFilter {
  const conversationId = conversation === undefined ? undefined : storedName(conversation)
  const tenant = givenTenant === undefined ? undefined : storedName(givenTenant)
  const subject = givenSubject === undefined ? undefined : storedName(givenSubject, boundedId)
  return { since, until, status, client, subject, tenant, model, conversationId, limit }
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

const DIMENSIONS = ['tenant', 'client', 'model', 'policy', 'status'] as const

function dimensionOf(text: string): AuditDimension {
  const label = /^label:([a-z][a-z0-9_]{0,31})$/.exec(text)?.[1]
  const field = DIMENSIONS.find((name) => name === text)
  if (field !== undefined) return field
  if (label !== undefined) return { label }
  throw new InvalidArgumentError(`expected ${DIMENSIONS.join(', ')}, or label:<name>`)
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1')
  return Number(text)
}
