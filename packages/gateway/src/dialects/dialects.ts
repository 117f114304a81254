/** The dialects that are spoken here, and which of them a client gets. */
import { dialect1 } from './dialect-1.ts'
import { dialect2 } from './dialect-2/dialect-2.ts'
import type { Dialect } from './session.ts'

/** In the order of preference, for a client that offers several. */
const DIALECTS: readonly Dialect[] = [dialect2, dialect1]

/** For a client that offers none. */
const DEFAULT_DIALECT = dialect1

/** Every name that is spoken here. */
export const SUBPROTOCOLS: readonly string[] = DIALECTS.map(({ subprotocol }) => subprotocol)

/** The dialect for a client that offers these names; undefined if it offers only others. */
export function dialectFor(offered: readonly string[]): Dialect | undefined {
  if (offered.length === 0) return DEFAULT_DIALECT
  return DIALECTS.find(({ subprotocol }) => offered.includes(subprotocol))
}
