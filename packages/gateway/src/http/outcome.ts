/** How a completion ended, in the words of OpenAI's interface. */
import { errorRow } from '@sluice/protocol'
import type { CompletionReport, Terminal } from '../completion/terminal.ts'
import { GatewayError } from '../errors.ts'

/**
 * The failure that a terminal is; undefined where the answer ends with finish reasons: also after a block, and where whoever
 * asked for it wanted no more of it.
 */
export function failureOf(terminal: Terminal): GatewayError | undefined {
  switch (terminal.status) {
    case 'complete':
      return undefined
    case 'blocked':
      return terminal.direction === 'output' ? undefined : inputBlocked()
    case 'cancelled':
      return terminal.by === 'operator' || terminal.by === 'deadline' ? draining() : undefined
    case 'error':
      return terminal.error
  }
}

/** The tokens of a completion: the three sums are ours, the details the upstream's. */
export function usageOf({ tokensIn, tokensOut }: CompletionReport, upstreams: string | undefined) {
  return {
    ...(upstreams === undefined ? {} : JSON.parse(upstreams)),
    prompt_tokens: tokensIn,
    completion_tokens: tokensOut,
    total_tokens: tokensIn + tokensOut,
  }
}

/** The finish reason of a choice that the upstream gave none. */
export function finishReasonFor(terminal: Terminal, hasToolCalls: boolean): string {
  if (terminal.status === 'blocked') return 'content_filter'
  // Not one of OpenAI's: it would be a lie that the answer is whole, and no failure happened that one should try again.
  if (terminal.status === 'cancelled') return 'cancelled'
  return hasToolCalls ? 'tool_calls' : 'stop'
}

function inputBlocked(): GatewayError {
  return new GatewayError('input_blocked', 'The prompt was stopped by the guard')
}

function draining(): GatewayError {
  return new GatewayError('draining', errorRow('draining').meaning, { isRetryable: true })
}
