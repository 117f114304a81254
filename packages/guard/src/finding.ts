// The words of the guard's results: what was found, what was done, and what may be shown. Never the value itself.

import type { Span } from './detection.ts'
import type { Pseudonyms } from './pseudonyms/pseudonyms.ts'

export type Direction = 'input' | 'output'
/** The part of a message a text belongs to. */
export type Channel = 'content' | 'reasoning' | 'refusal' | 'tool_arguments'
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool'

export interface OpenOptions {
  readonly direction: Direction
  /** Default `content`. `tool_arguments` is JSON text: its strings, numbers and keys are checked by decoded value. */
  readonly channel?: Channel
  /**
   * `json` says that the text is meant to be JSON and guards it as such. Without it, content is taken for JSON if it
   * begins with a brace or a bracket, perhaps in a Markdown fence. Text that stops being JSON is guarded as any other.
   */
  readonly format?: 'json'
  /** Default: `user` for input, `assistant` for output. */
  readonly role?: Role
  /** Roles that are trusted here beside the policy's own `trustedRoles`. Default: none. */
  readonly trustedRoles?: readonly Role[] | undefined
  /**
   * The stand-ins of the request. Input: those of what `pseudonymize` rules find are taken from here. Output: they become
   * values again, even if no rule looks at the text; offsets of findings count each of them as one character, and what
   * detectors found in one is no finding.
   */
  readonly pseudonyms?: Pseudonyms | undefined
}

export type ActionKind =
  | 'block'
  | 'redact'
  | 'replace'
  | 'hash'
  | 'pseudonymize'
  | 'mask'
  | 'observe'

export interface Finding {
  /** Entity of the recognizer, name of the pattern, or category of the terms. */
  readonly entity: string
  /** UTF-16 offset in the stream's original text. */
  readonly start: number
  /** UTF-16 offset after the last character. */
  readonly end: number
  /** Confidence from 0 to 1. */
  readonly score: number
  readonly ruleId: string
  readonly action: ActionKind
}

export interface Block {
  readonly ruleId: string
  readonly entity?: string
  readonly category?: string
}

export interface ScanResult {
  readonly text: string
  readonly findings: readonly Finding[]
  /** Present once a `block` rule has matched; nothing after the match is looked at. */
  readonly blocked?: Block
}

export interface StreamResult extends ScanResult {
  /** UTF-16 units that wait: a match that starts at or before them is still possible. */
  readonly held: number
}

/**
 * One text that arrives in pieces. However it is cut, the emitted text and the findings are the same. No text makes it
 * throw. After a block, or after `end`, it emits nothing more.
 */
export interface GuardStream {
  /**
   * `spans`: what detectors found, at offsets of the stream's original text, none before this delta. A span may reach
   * beyond it; what it covers then waits for the rest.
   */
  push(delta: string, spans?: readonly Span[]): StreamResult
  /**
   * Lets go of what is held, because another text follows, while this one may still go on. What could be a match if it
   * ended here is one; of a match that only goes on later, what comes then is concealed.
   */
  release(): StreamResult
  end(): StreamResult
}

/** Shared by all results without findings, so that a push that finds nothing allocates no array. */
export const NO_FINDINGS: readonly Finding[] = Object.freeze([])
