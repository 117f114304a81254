/** Reads one number from a gateway's metrics, over HTTP as an operator does. */
import type { Gateway } from '@sluice/gateway'

/** The value of a metric without labels. The gateway needs an admin port. */
export async function metric(gateway: Gateway, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `))
  if (line === undefined) throw new Error(`there is no metric ${name}`)
  return Number(line.slice(name.length))
}
