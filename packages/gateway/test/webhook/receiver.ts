/** A webhook on loopback that keeps what it gets and answers as it is told; what its tests share. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { WebhookSender, type WebhookSenderOptions } from '../../src/webhook/webhook-sender.ts'

export const SECRET = 'a secret of the tests'
export const NOW = Date.UTC(2026, 0, 1)

/** A status, or no answer at all. */
export type Answer = number | 'hang' | 'hang up' | 'endless'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: { events: { type: string; data?: unknown }[]; sentAt: string; dropped: number }
}

export interface Webhook {
  readonly url: string
  readonly received: Received[]
  /** Answers in turn; 204 when there are no more. */
  readonly answers: Answer[]
}

export async function startReceiver(...answers: Answer[]): Promise<Webhook> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const text = Buffer.concat(parts).toString()
    received.push({ headers: request.headers, text, body: JSON.parse(text) })
    const answer = answers.shift() ?? 204
    if (answer === 'hang') return
    if (answer === 'hang up') return void response.destroy()
    if (answer === 'endless') return void response.writeHead(200).write('x')
    response.writeHead(answer, { location: '/elsewhere' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answers,
  }
}

export function createSender(
  options: Partial<WebhookSenderOptions> & { url: string },
): WebhookSender {
  const sender = new WebhookSender({
    secret: SECRET,
    logger: pino({ level: 'silent' }),
    now: () => NOW,
    intervalMs: 5,
    baseDelayMs: 2,
    maxDelayMs: 4,
    ...options,
  })
  onTestFinished(() => sender.close(0))
  return sender
}

export function event(n: number) {
  return { type: 'chunk', timestamp: new Date(NOW).toISOString(), data: { n } } as const
}

/** The numbers of all events received, delivery by delivery. */
export function numbers(hook: Webhook): number[][] {
  return hook.received.map(({ body }) => body.events.map(({ data }) => (data as { n: number }).n))
}
