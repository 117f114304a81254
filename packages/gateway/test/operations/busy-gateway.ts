/** A gateway that has seen everything that it counts: answers, findings, blocks, errors, refusals, retries, a webhook. */

import { TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { startReceiver } from '../webhook/receiver.ts'
import { bearer, keyFile } from './key-file.ts'
import { reloadable } from './reloadable.ts'

export async function busyGateway() {
  const keys = keyFile()
  const { key } = await keys.create({ limits: { requestsPerMinute: 6 } })
  const hook = await startReceiver()
  const running = await reloadable({
    adminPort: 0,
    audit: `${keys.path}.db`,
    keysFile: keys.path,
    policy: 'standard',
    webhookUrl: hook.url,
    webhookSecret: 'sixteen characters',
    models: { 'sandbox-usage': {} },
  })
  const client = await TutorialClient.connect(running.gateway.url, [], bearer(key))
  for (const model of [
    'sandbox-usage',
    'gpt-4o-mini',
    'sandbox-pii',
    'sandbox-500-once',
    'sandbox-403',
  ]) {
    await client.ask(model)
  }
  await client.ask('sandbox-fast', `a card: 4111 1111 1111 1111`)
  await client.ask('sandbox-fast')
  const stranger = await TutorialClient.connect(running.gateway.url, [], bearer('wrong'))
  await stranger.closed
  await until('the webhook is served', () => hook.received.length > 0)
  return running
}
