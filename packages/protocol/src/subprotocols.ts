/** The names a client may offer in `Sec-WebSocket-Protocol`. */

/** Dialect 1 by name; a client that offers no subprotocol speaks it, too. */
export const SUBPROTOCOL_V1 = 'sluice.v1'

/** Dialect 2. */
export const SUBPROTOCOL_V2 = 'sluice.v2'

/** A browser cannot set headers: it offers its key as `sluice.key.<base64url>` beside the dialect. Never echoed. */
export const SUBPROTOCOL_KEY_PREFIX = 'sluice.key.'
