/** The options of the sandbox with their defaults; checked once here, trusted everywhere else. */

import { SandboxError } from './errors.ts'

/** Everything that can be set. Each option may be left out. */
export interface SandboxOptions {
  /** Address to listen on. Default `127.0.0.1`: the sandbox is for this machine only. */
  host?: string
  /** Port to listen on; 0, the default, takes any free one. */
  port?: number
  /** OAuth client id that is accepted. Default `sandbox-client`. */
  clientId?: string
  /** OAuth client secret that is accepted. Default `sandbox-secret`. */
  clientSecret?: string
  /** Key that `/v1/*` asks for as a bearer token. Default: none, everybody may in. */
  apiKey?: string
  /** Life of an access token in seconds. Default 86,400, the default of Genesys Cloud. */
  tokenLifeSeconds?: number
  /**
   * Requests a minute for each access token on `/api/v2/*`; `Infinity` switches the limit off.
   * Default 300, the limit of Genesys Cloud for a client-credentials token.
   */
  rateLimitPerMinute?: number
  /** Pause before each packet of a stream in milliseconds. Default 15; 0 streams as fast as it can. */
  deltaIntervalMs?: number
  /**
   * Whether the tutorial's path reports token usage when `stream_options.include_usage` asks for it, as `/v1` always does.
   * Default false: the tutorial shows no usage.
   */
  tutorialUsage?: boolean
  /** File with one chunk object a line that every model streams instead of its own words. Default: none. */
  replayFile?: string
  /** Varies which reply a prompt gets; the same seed and prompt give the same reply. Default 0. */
  seed?: number
  /** Clock in milliseconds since 1970, for tokens and rate limits. Default `Date.now`. */
  now?: () => number
}

/** The options with every default filled in. */
export interface Settings extends Required<Omit<SandboxOptions, 'apiKey' | 'replayFile'>> {
  apiKey: string | undefined
  replayFile: string | undefined
}

/**
 * Fills in the defaults and checks the numbers.
 * @throws {SandboxError} `invalid_option` when a number is out of its range.
 */
export function resolveOptions(options: SandboxOptions): Settings {
  const settings: Settings = {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    clientId: options.clientId ?? 'sandbox-client',
    clientSecret: options.clientSecret ?? 'sandbox-secret',
    apiKey: options.apiKey,
    tokenLifeSeconds: options.tokenLifeSeconds ?? 86_400,
    rateLimitPerMinute: options.rateLimitPerMinute ?? 300,
    deltaIntervalMs: options.deltaIntervalMs ?? 15,
    tutorialUsage: options.tutorialUsage ?? false,
    replayFile: options.replayFile,
    seed: options.seed ?? 0,
    now: options.now ?? Date.now,
  }
  requireRange('port', settings.port, [0, 65_535])
  requireRange('tokenLifeSeconds', settings.tokenLifeSeconds, [1, 10 * 365 * 86_400])
  requireRange('rateLimitPerMinute', settings.rateLimitPerMinute, [1, Number.POSITIVE_INFINITY])
  requireRange('deltaIntervalMs', settings.deltaIntervalMs, [0, 60_000])
  return settings
}

function requireRange(name: string, value: number, [least, most]: [number, number]): void {
  if (value >= least && value <= most) return
  throw new SandboxError('invalid_option', `${name} is ${value}; allowed is ${least} to ${most}`)
}
