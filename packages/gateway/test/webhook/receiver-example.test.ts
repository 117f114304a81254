import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { signatureOf } from '../../src/webhook/signature.ts'
import { createSender, event, SECRET } from './receiver.ts'

const EXAMPLE = fileURLToPath(new URL('../../../../examples/webhook-receiver.mjs', import.meta.url))

async function receiver() {
  const child = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, PORT: '0', SLUICE_WEBHOOK_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const lines: string[] = []
  const output = createInterface({ input: child.stdout })
  const [first = ''] = await once(output, 'line')
  output.on('line', (line) => lines.push(line))
  return { url: first.replace('Listening on ', ''), lines }
}

describe('examples/webhook-receiver.mjs', () => {
  it('takes what the gateway delivers', async () => {
    const { url, lines } = await receiver()
    const sender = createSender({ url, now: Date.now })
    sender.push(event(1))
    sender.push({ type: 'complete', timestamp: '2026-01-01T00:00:00.000Z' })
    await sender.close(60_000)
    expect(sender.stats()).toMatchObject({ delivered: 2, failedAttempts: 0 })
    await expect
      .poll(() => lines.map((line) => line.trim()))
      .toEqual(['2026-01-01T00:00:00.000Z chunk {"n":1}', '2026-01-01T00:00:00.000Z complete'])
  })

  it('refuses a wrong secret and an old timestamp, and prints a repeated delivery once', async () => {
    const { url, lines } = await receiver()
    const body = JSON.stringify({ events: [event(1)], sentAt: '', dropped: 3 })
    const post = async (secret: string, ageSeconds: number) => {
      const timestamp = String(Math.floor(Date.now() / 1_000) - ageSeconds)
      const headers = {
        'sluice-delivery': 'delivery-1',
        'sluice-timestamp': timestamp,
        'sluice-signature': signatureOf({ secret, timestamp, body }),
      }
      return (await fetch(url, { method: 'POST', headers, body })).status
    }
    expect(await post('another secret', 0)).toBe(401)
    expect(await post(SECRET, 400)).toBe(401)
    expect(await post(SECRET, 0)).toBe(204)
    expect(await post(SECRET, 0)).toBe(204)
    await expect
      .poll(() => lines)
      .toEqual(['3 earlier events are missing', '2026-01-01T00:00:00.000Z chunk {"n":1}'])
  })
})
