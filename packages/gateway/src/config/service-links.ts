/**
 * Variables that Kubernetes (and Docker's old links) put into a container for each service. A service called `sluice`,
 * `sluice-admin` or `ws` makes ones that look like our settings. Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
import { isIP } from 'node:net'

type Environment = Readonly<Record<string, string | undefined>>

const URL_OF_PORT = /_PORT(_\d+_(TCP|UDP|SCTP))?$/
const URL = /^(tcp|udp|sctp):\/\/\S+$/
const PART_OF_PORT = /_PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$/
const HOST = /_SERVICE_HOST$/
const PORT = /^(.+_SERVICE)_PORT(_[A-Z0-9_]+)?$/

/** True for a variable that no person set: its name and its value have the form of a service link. */
export function isServiceLink(name: string, env: Environment): boolean {
  const value = env[name] ?? ''
  if (URL_OF_PORT.test(name) && URL.test(value)) return true
  const [, , part] = PART_OF_PORT.exec(name) ?? []
  if (part === 'PROTO') return /^(tcp|udp|sctp)$/.test(value)
  if (part === 'PORT') return /^\d+$/.test(value)
  if (part === 'ADDR' || HOST.test(name)) return isIP(value) !== 0
  // A number alone could be meant as a setting; Kubernetes sets the service's address beside it.
  const [, service] = PORT.exec(name) ?? []
  return service !== undefined && /^\d+$/.test(value) && isIP(env[`${service}_HOST`] ?? '') !== 0
}
