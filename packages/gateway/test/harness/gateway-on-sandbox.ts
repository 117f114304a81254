/** A gateway in front of the sandbox, both on free ports of loopback and ended with the test. */
import {
  type AnalyticsCallbacks,
  createGateway,
  type Gateway,
  type GatewayOptions,
} from '@sluice/gateway'
import { type Sandbox, type SandboxOptions, startSandbox } from '@sluice/sandbox'
import { onTestFinished } from 'vitest'
import { TutorialClient } from './tutorial-client.ts'

export interface GatewayOnSandbox {
  readonly gateway: Gateway
  readonly sandbox: Sandbox
  /** A new socket to the gateway. */
  connect(): Promise<TutorialClient>
}

interface Options {
  gateway?: GatewayOptions
  sandbox?: SandboxOptions
  callbacks?: AnalyticsCallbacks
}

/** Settings of every gateway in tests: a free port, no log, no audit, backoffs of a millisecond. */
export const TEST_SETTINGS: GatewayOptions = {
  port: 0,
  adminPort: 'off',
  audit: 'off',
  logLevel: 'silent',
  retryBaseDelayMs: 1,
}

/** Credentials that the sandbox accepts. */
export const CREDENTIALS: GatewayOptions = {
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-secret',
}

/** The tutorial's paths of the sandbox, or those of OpenAI if `gateway.profile` says so. */
export async function gatewayOnSandbox(options: Options = {}): Promise<GatewayOnSandbox> {
  const sandbox = await startSandbox({ deltaIntervalMs: 0, ...options.sandbox })
  onTestFinished(() => sandbox.close())
  const isOpenAi = options.gateway?.profile === 'openai'
  const upstream = isOpenAi
    ? { llmBaseUrl: `${sandbox.url}/v1` }
    : { genesysBaseUrl: sandbox.url, ...CREDENTIALS }
  const gateway = await gatewayForTest({ ...upstream, ...options.gateway }, options.callbacks)
  return { gateway, sandbox, connect: () => TutorialClient.connect(gateway.url) }
}

/** A gateway that ends with the test. */
export async function gatewayForTest(
  options: GatewayOptions,
  callbacks: AnalyticsCallbacks = {},
): Promise<Gateway> {
  const gateway = await createGateway({ ...TEST_SETTINGS, ...options }, callbacks)
  onTestFinished(() => gateway.stop())
  return gateway
}
