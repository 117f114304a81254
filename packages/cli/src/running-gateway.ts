/** Asks the gateway that runs here, by its admin listener, whether it has taken a changed key file. */
import type { Settings } from '@sluice/gateway'

/**
 * `taken`: it uses this version. `refused`: it could not read its file, and its old keys stay in use. `other`: it reads
 * another file. `absent`: nothing answers.
 */
export type KeyFileOutcome = 'taken' | 'refused' | 'other' | 'absent'

/** A gateway looks at its files every two seconds; this is ample. */
const DEADLINE_MS = 8_000
const LOOK_MS = 200
/** The metric is in seconds, and a double has room for a fraction of a microsecond. */
const SAME_TIME_SECONDS = 1e-4

/** Where the admin listener of these settings is, or undefined if nobody can know. */
export function adminUrl({ adminHost, adminPort }: Settings): string | undefined {
  if (adminPort === 'off' || adminPort === 0) return undefined
  const host = adminHost === '0.0.0.0' ? '127.0.0.1' : adminHost === '::' ? '::1' : adminHost
  return `http://${host.includes(':') ? `[${host}]` : host}:${adminPort}`
}

/** @param writtenAt when the file was written, in milliseconds since the epoch */
export async function outcomeAt(url: string, writtenAt: number): Promise<KeyFileOutcome> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const metrics = await metricsOf(url)
    if (metrics === undefined) return 'absent'
    const isRefused = sampleIn(metrics, 'sluice_key_file_refused') === 1
    const inUse = sampleIn(metrics, 'sluice_key_file_timestamp_seconds')
    if (inUse === undefined || inUse === 0) return 'other'
    if (!isRefused && Math.abs(inUse - writtenAt / 1000) < SAME_TIME_SECONDS) return 'taken'
    if (performance.now() >= deadline) return isRefused ? 'refused' : 'other'
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function metricsOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(DEADLINE_MS) })
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined
  }
}

function sampleIn(metrics: string, name: string): number | undefined {
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics) ?? []
  return value === undefined ? undefined : Number(value)
}
