/** The stand-ins of one completion: whose they are, and what is reported of them. How they are made is the guard's. */
import { Pseudonyms } from '@sluice/guard'
import { ownerOf } from '../clients/client.ts'
import type { FindingCount } from '../request/finding-counts.ts'
import type { Order } from './order.ts'

/**
 * The stand-ins of a request, none yet: the same for the same values in all requests of one client's conversation, and
 * others for each request without one. Undefined if the policy makes none.
 */
export function standInsFor(
  { policy, client, conversationId }: Pick<Order, 'policy' | 'client' | 'conversationId'>,
  { requestId, key }: { requestId: string; key: Uint8Array },
): Pseudonyms | undefined {
  if (policy.pseudonyms === undefined) return undefined
  const conversation =
    conversationId === undefined ? ['request', requestId] : ['conversation', conversationId]
  return new Pseudonyms({ key, scope: JSON.stringify([ownerOf(client), ...conversation]) })
}

/**
 * What became of stand-ins in an answer, as findings of it: `restored`, `kept_in_link`, and `unknown` for words that look
 * like one and are none. Those that were made are findings of the request.
 */
export function standInCounts(standIns: Pseudonyms | undefined): FindingCount[] {
  if (standIns === undefined) return []
  return [...standIns.countsByEntity].flatMap(([entity, { restored, keptInLinks, unknown }]) => {
    const counts = { restored, kept_in_link: keptInLinks, unknown }
    return Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([action, count]) => ({ entity, direction: 'output', action, count }) as const)
  })
}
