// A gateway inside a program of one's own, with the tutorial's four callbacks, in front of the sandbox.
// Run:   node examples/library.mjs     and, beside it:     GATEWAY_URL=ws://127.0.0.1:8090 node examples/node-client.mjs
import { createGateway } from '@sluice/gateway'
import { startSandbox } from '@sluice/sandbox'

const sandbox = await startSandbox()
const gateway = await createGateway(
  {
    port: Number(process.env.PORT ?? 8090),
    adminPort: 'off',
    audit: 'off',
    logLevel: 'warn',
    llmBaseUrl: `${sandbox.url}/v1`,
    policy: 'standard',
  },
  {
    onLatency: (latencyMs) => console.log(`latency ${latencyMs} ms`),
    onTokenRate: (tokensPerSecond) => console.log(`rate ${tokensPerSecond.toFixed(1)} tokens/s`),
    onAudit: ({ requestId, status }) => console.log(`audit ${requestId} ${status}`),
    onDashboardSync: ({ type }) => type !== 'chunk' && console.log(`dashboard ${type}`),
  },
)
console.log(`Sluice listens on ${gateway.url}`)

process.once('SIGTERM', stop).once('SIGINT', stop)

async function stop() {
  await gateway.drain()
  await sandbox.close()
}
