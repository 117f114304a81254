/** A bot: its server, its client of the gateway, and their life. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from '@sluice/client'
import { WebSocket } from 'ws'
import { type BotOptions, resolveOptions } from './bot-options.ts'
import { BotServer } from './bot-server.ts'
import { Turns } from './turns.ts'

export interface Bot {
  /** Where utterances are taken, e.g. `http://127.0.0.1:8790/`. */
  readonly url: string
  readonly port: number
  /** Takes nothing new, lets what runs come to its end within the deadline, and forgets all conversations. */
  close(): Promise<void>
}

/** After a loss the next attempt comes soon: a customer waits. */
const RECONNECT = { minMs: 100, maxMs: 1_000 }

/**
 * Starts a bot. A gateway that cannot be reached is no reason not to start: utterances fail until it can be.
 * @throws TypeError for an option that cannot be; the error of the system when the port is not free
 */
export async function createBot(options: BotOptions): Promise<Bot> {
  const settings = resolveOptions(options)
  const client = connect({
    url: settings.gatewayUrl,
    client: '@sluice/genesys-bot',
    WebSocket,
    reconnect: RECONNECT,
    // Sooner than the deadline, so that the flow hears of the failure.
    giveUpAfterMs: settings.deadlineMs / 2,
    ...(settings.gatewayKey !== undefined && { token: settings.gatewayKey }),
  })
  const turns = new Turns(client, settings)
  const server = new BotServer(settings, (utterance, signals) => turns.reply(utterance, signals))
  const close = async () => {
    await server.stop()
    client.close()
    turns.memory.close()
  }
  server.http.listen(settings.port, settings.host)
  await once(server.http, 'listening').catch((error: unknown) => {
    client.close()
    turns.memory.close()
    throw error
  })
  client.open().catch(() => {})
  const { port, address, family } = server.http.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return { url: `http://${host}:${port}${settings.path}`, port, close }
}
