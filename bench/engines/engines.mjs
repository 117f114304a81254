// The engines by name: how each is started for an upstream and a port, and how a client reads it.
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Engine
 * @property {import('../rig/clients.mjs').Wire} wire
 * @property {(upstreamUrl: string, port: number) => { args: string[], env?: Record<string, string> }} launch
 *   the script and its arguments, and its environment; ready when `/readyz` answers 200
 */

/** @type {Record<string, Engine>} */
export const ENGINES = {
  pipe: { wire: 'pipe', launch: ownScript('pipe.mjs') },
  naive: { wire: 'dialect-1', launch: ownScript('naive.mjs') },
  'sluice-off': { wire: 'dialect-1', launch: sluice('off') },
  'sluice-seed': { wire: 'dialect-1', launch: sluice('seed') },
  'sluice-http': { wire: 'events', launch: sluice('seed') },
  'sluice-standard': { wire: 'dialect-1', launch: sluice('standard') },
  'sluice-v2-off': { wire: 'dialect-2', launch: sluice('off') },
  'sluice-v2-standard': { wire: 'dialect-2', launch: sluice('standard') },
}

/**
 * @param {string} file
 * @returns {Engine['launch']}
 */
function ownScript(file) {
  const script = fileURLToPath(new URL(file, import.meta.url))
  return (upstreamUrl, port) => ({ args: [script, upstreamUrl, String(port)] })
}

/**
 * The command as anybody runs it, with what writes to disk or listens elsewhere turned off.
 * @param {string} policy
 * @returns {Engine['launch']}
 */
function sluice(policy) {
  const script = fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url))
  return (upstreamUrl, port) => ({
    args: [script, 'serve'],
    env: {
      LLM_BASE_URL: `${upstreamUrl}/v1`,
      WS_PORT: String(port),
      SLUICE_POLICY: policy,
      SLUICE_LOG_LEVEL: 'warn',
      SLUICE_ADMIN_PORT: 'off',
      SLUICE_AUDIT: 'off',
    },
  })
}
