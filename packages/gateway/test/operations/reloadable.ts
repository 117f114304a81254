/** A gateway in front of the sandbox that a test can reload with other settings. */
import { type GatewayOptions, gatewayConfig } from '@sluice/gateway'
import type { SandboxOptions } from '@sluice/sandbox'
import { CREDENTIALS, gatewayOnSandbox, TEST_SETTINGS } from '../harness/gateway-on-sandbox.ts'

export async function reloadable(options: GatewayOptions = {}, sandboxed: SandboxOptions = {}) {
  const settings = { audit: 'off', ...options } as const
  const running = await gatewayOnSandbox({ gateway: settings, sandbox: sandboxed })
  const { gateway, sandbox } = running
  const upstream = { genesysBaseUrl: sandbox.url, ...CREDENTIALS }
  /** What is not in `more` is as at the start; the key file is read again, too. */
  const reload = async (more: GatewayOptions = {}) => {
    await gateway.reloadKeys()
    await gateway.reload(gatewayConfig({ ...TEST_SETTINGS, ...upstream, ...settings, ...more }))
  }
  return { ...running, reload }
}
