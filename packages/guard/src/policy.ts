// From a policy's definition to a compiled policy: gathers the rules, and compiles one program for each kind of text
// when it is first asked for. How a rule is read is rule-reader.ts's, how texts are scanned stream.ts's.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PolicyDefinition, PolicyName } from './definition.ts'
import type { Detection, DetectorTable, NamedDetector, Span } from './detection.ts'
import {
  type GuardStream,
  NO_FINDINGS,
  type OpenOptions,
  type Role,
  type ScanResult,
} from './finding.ts'
import { allRules, definitionsOf, namedPolicy, thresholdOf } from './inheritance.ts'
import { type JsonKind, JsonStream } from './json-stream.ts'
import type { PatternNode } from './matcher/pattern.ts'
import { PolicyError, under } from './policy-error.ts'
import { compileProgram, type Program } from './program.ts'
import { type PseudonymRules, readPseudonyms } from './pseudonyms/pseudonym-rules.ts'
import { RestoringStream } from './pseudonyms/restoring-stream.ts'
import { isInScope, type Rule, type RuleSummary, summaryOf } from './rule.ts'
import { type ReadRule, readAllowed, readRule } from './rule-reader.ts'
import { checkOptions, readRoles } from './scope-reader.ts'
import { requireFields, requireList, requireText } from './shape.ts'
import { TextStream } from './stream.ts'

const DEFAULT_MAX_SPAN = 320
const HASH_HEX_DIGITS = 16
const POLICY_FIELDS = [
  ...['name', 'extends', 'without', 'rules', 'threshold', 'trustedRoles', 'allow', 'maxSpan'],
  'pseudonyms',
  'detectors',
]

/** A compiled policy. It is immutable and may be shared by any number of streams. */
export interface Policy {
  readonly name: string
  /** 16 hexadecimal digits that change whenever the definition does; keys of `hash` actions are left out. */
  readonly hash: string
  /** The rules, inherited ones included, in the order that decides between equals. */
  readonly rules: readonly RuleSummary[]
  /** What is done with stand-ins; undefined if no rule makes any. */
  readonly pseudonyms: PseudonymRules | undefined
  /** The names of its detectors. */
  readonly detectors: readonly string[]
  /** Whether any rule looks at such a text. If not, `open` gives a stream that passes everything on. */
  applies(options: OpenOptions): boolean
  /**
   * The detectors to ask about such a text: there are some if a rule in scope is for an entity that only they find. What
   * they find is given to `push` or `scan` and is subject to all entity rules.
   */
  detection(options: OpenOptions): Detection | undefined
  /** Starts to guard one text. */
  open(options: OpenOptions): GuardStream
  /** Guards a whole text at once: the same result as any way of pushing it. Default direction: `output`. */
  scan(text: string, options?: ScanOptions): ScanResult
}

export interface ScanOptions extends Partial<OpenOptions> {
  /** What detectors found in the text. */
  readonly spans?: readonly Span[]
}

export interface CompileOptions {
  /** The detectors that policies may name. Default: none. */
  readonly detectors?: DetectorTable
}

/**
 * Compiles a built-in policy or one's own.
 * @throws PolicyError if the definition is at fault; its code, path and position say where.
 */
export function compilePolicy(
  source: PolicyName | PolicyDefinition,
  { detectors = {} }: CompileOptions = {},
): Policy {
  const definition = typeof source === 'string' ? namedPolicy(source) : source
  requireFields(definition, POLICY_FIELDS, '')
  return new CompiledPolicy(definition, detectors)
}

class CompiledPolicy implements Policy {
  readonly name: string
  readonly hash: string
  readonly rules: readonly RuleSummary[]
  readonly pseudonyms: PseudonymRules | undefined
  readonly #rules: readonly ReadRule[]
  readonly #maxSpan: number
  readonly #threshold: number
  readonly #allowed: readonly PatternNode[]
  readonly #trustedRoles: readonly Role[]
  readonly detectors: readonly string[]
  readonly #detectors: readonly NamedDetector[]
  /** By the indices of the rules in scope, so that kinds of text with the same rules share a program. */
  readonly #programs = new Map<string, Program>()
  /** By the options of a stream. */
  readonly #byOptions = new Map<string, Program | undefined>()

  constructor(definition: PolicyDefinition, table: DetectorTable) {
    const rules = allRules(definition)
    const { name = 'custom' } = definition
    requireText(name, 'name')
    this.name = name
    this.#maxSpan = maxSpanOf(definition)
    this.#threshold = thresholdOf(definition)
    this.#allowed = readAllowed(definition.allow ?? [])
    this.#trustedRoles = readRoles(definition.trustedRoles ?? [], 'trustedRoles')
    this.#detectors = readDetectors(definition.detectors ?? [], table)
    this.detectors = this.#detectors.map(({ name }) => name)
    const shared = {
      threshold: this.#threshold,
      detectable: this.#detectors.flatMap(({ entities }) => entities),
    }
    this.#rules = rules.map(({ rule, path }, index) =>
      under(path, () => readRule(rule, { index, ...shared })),
    )
    this.rules = this.#rules.map(({ rule }) => summaryOf(rule))
    const pseudonyms = readPseudonyms(definitionsOf(definition))
    const hasPseudonyms = this.rules.some(({ action }) => action === 'pseudonymize')
    this.pseudonyms = hasPseudonyms ? pseudonyms : undefined
    refuseHashedAndMaskedCards(this.#rules.map(({ rule }) => rule))
    this.hash = hashOf({
      rules: rules.map(({ rule }) => rule),
      allow: definition.allow,
      trustedRoles: definition.trustedRoles,
      detectors: definition.detectors,
      threshold: this.#threshold,
      maxSpan: this.#maxSpan,
      pseudonyms: this.pseudonyms,
    })
    this.#program({ direction: 'output' })
  }

  applies(options: OpenOptions): boolean {
    return this.#rules.some(({ rule }) => isInScope(rule.scope, options, this.#trustedRoles))
  }

  detection(options: OpenOptions): Detection | undefined {
    if (this.#detectors.length === 0) return undefined
    const asking = this.#inScope(options).flatMap(({ spans }) => spans?.onFailure ?? [])
    if (asking.length === 0) return undefined
    return {
      detectors: this.#detectors,
      onFailure: asking.includes('block') ? 'block' : 'pass',
    }
  }

  open(options: OpenOptions): GuardStream {
    const stream = this.#open(options)
    const { direction, pseudonyms } = options
    if (direction === 'input' || pseudonyms === undefined || pseudonyms.size === 0) return stream
    const inLinks = this.pseudonyms?.restoreInLinks ?? false
    return new RestoringStream(stream, { pseudonyms, json: jsonKindOf(options), inLinks })
  }

  #open(options: OpenOptions): GuardStream {
    const program = this.#program(options)
    if (program === undefined) return PASS_THROUGH
    const stream = new TextStream(program, options.pseudonyms)
    const kind = jsonKindOf(options)
    return kind === undefined ? stream : new JsonStream(stream, { kind, maxSpan: this.#maxSpan })
  }

  scan(text: string, { spans, ...options }: ScanOptions = {}): ScanResult {
    const stream = this.open({ direction: 'output', ...options })
    const body = stream.push(text, spans)
    const rest = stream.end()
    const findings =
      rest.findings.length === 0 ? body.findings : [...body.findings, ...rest.findings]
    const blocked = body.blocked ?? rest.blocked
    const result = { text: body.text + rest.text, findings }
    return blocked === undefined ? result : { ...result, blocked }
  }

  #program(options: OpenOptions): Program | undefined {
    const { direction, channel, role, format, trustedRoles } = options
    const key = `${direction} ${channel} ${role} ${format} ${trustedRoles}`
    if (!this.#byOptions.has(key)) {
      checkOptions(options)
      this.#byOptions.set(key, this.#compiled(options))
    }
    return this.#byOptions.get(key)
  }

  #inScope(options: OpenOptions): readonly ReadRule[] {
    return this.#rules.filter(({ rule }) => isInScope(rule.scope, options, this.#trustedRoles))
  }

  #compiled(options: OpenOptions): Program | undefined {
    const inScope = this.#inScope(options)
    if (inScope.length === 0) return undefined
    const key = inScope.map(({ rule }) => rule.index).join()
    let program = this.#programs.get(key)
    if (program === undefined) {
      program = compileProgram({
        rules: this.#rules.map(({ rule }) => rule),
        detectors: inScope.flatMap(({ detectors }) => detectors),
        termLists: inScope.flatMap(({ terms }) => terms ?? []),
        allowed: [
          ...this.#allowed.map((pattern) => ({ pattern, rule: undefined })),
          ...inScope.flatMap(({ lookalikes }) => lookalikes),
        ],
        spanRules: inScope.flatMap(({ spans }) => spans ?? []),
        maxSpan: this.#maxSpan,
      })
      this.#programs.set(key, program)
    }
    return program
  }
}

/** What is known of a text's being JSON; undefined if nothing speaks for it. */
function jsonKindOf({ channel = 'content', format }: OpenOptions): JsonKind | undefined {
  if (channel === 'tool_arguments') return 'arguments'
  if (format === 'json') return 'json'
  return channel === 'content' ? 'answer' : undefined
}

/** The stream of a text that no rule looks at. It keeps nothing, so all such texts share it. */
const PASS_THROUGH: GuardStream = {
  push: (delta) => ({ text: delta, findings: NO_FINDINGS, held: 0 }),
  release: () => ({ text: '', findings: NO_FINDINGS, held: 0 }),
  end: () => ({ text: '', findings: NO_FINDINGS, held: 0 }),
}

/** @throws PolicyError for a name that the table does not have */
function readDetectors(names: unknown, table: DetectorTable): readonly NamedDetector[] {
  requireList(names, 'detectors')
  return names.map((name, i) => {
    const known = Object.keys(table)
    const detector = known.includes(name as string) ? table[name as string] : undefined
    if (detector === undefined) {
      const there = known.length === 0 ? 'none is configured' : `there are ${known.join(', ')}`
      const message = `no detector has this name; ${there}`
      throw new PolicyError('unknown_detector', message, { path: `detectors[${i}]` })
    }
    const { entities } = detector
    return { name: name as string, entities, detect: detector.detect.bind(detector) }
  })
}

function maxSpanOf(definition: PolicyDefinition): number {
  const { maxSpan = DEFAULT_MAX_SPAN } = definition
  if (Number.isInteger(maxSpan) && maxSpan >= 32 && maxSpan <= 4096) return maxSpan
  throw new PolicyError('invalid_option', 'expected a whole number from 32 to 4096', {
    path: 'maxSpan',
  })
}

/** PCI DSS 4.0.1, requirement 3.5.1: a hash and a truncated form of one card number together give it away. */
function refuseHashedAndMaskedCards(rules: readonly Rule[]): void {
  const actions = rules.filter((rule) => rule.entity === 'CREDIT_CARD').map((rule) => rule.action)
  if (!actions.includes('hash') || !actions.includes('mask')) return
  const message =
    'card numbers must not be hashed by one rule and masked by another (PCI DSS 3.5.1)'
  throw new PolicyError('card_hash_with_mask', message)
}

function hashOf(definition: unknown): string {
  const text = JSON.stringify(definition, (name, value) => (name === 'key' ? undefined : value))
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, HASH_HEX_DIGITS)
}
