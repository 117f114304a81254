import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const root = fileURLToPath(new URL('../../../', import.meta.url))

describe('npm start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'passes %s on to the gateway, which drains and exits with 0',
    async (signal) => {
      const env = { ...process.env, WS_PORT: '0', SLUICE_ADMIN_PORT: 'off', SLUICE_AUDIT: 'off' }
      const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      const url = await new Promise<string>((resolve) => {
        npm.stderr.on('data', (part) => {
          said += part
          const found = /listens on (ws:\S+)/.exec(said)?.[1]
          if (found !== undefined) resolve(found)
        })
      })
      const client = new WebSocket(url)
      await once(client, 'open')
      const types: string[] = []
      const terminal = new Promise<void>((resolve) => {
        client.on('message', (data) => {
          const { type } = JSON.parse(String(data))
          types.push(type)
          // In the middle of the answer.
          if (types.length === 4) npm.kill(signal)
          if (type === 'complete') resolve()
        })
      })
      const messages = [{ role: 'user', content: 'hello' }]
      client.send(
        JSON.stringify({ type: 'init', payload: { modelId: 'sandbox-default', messages } }),
      )
      await terminal
      const [code] = await once(npm, 'exit')
      expect(code).toBe(0)
      expect(said).toContain(`${signal}: draining`)
      await expect(fetch(url.replace('ws:', 'http:'))).rejects.toThrow()
    },
  )
})
