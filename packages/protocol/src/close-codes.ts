/** The close codes of a socket in one table: what each means, and whether a client should come back. */

/** When a client may connect again after a close. */
export type Reconnect = 'no' | 'with-jitter' | 'after-delay' | 'slowly' | 'once'

/** 1000-1015 are RFC 6455 section 7.4.1; 4400-4499 echo the HTTP status of the same meaning. */
export const CLOSE_CODES = {
  done: { code: 1000, reconnect: 'no', meaning: 'done' },
  goingAway: { code: 1001, reconnect: 'with-jitter', meaning: 'idle for too long, or going away' },
  protocolError: { code: 1002, reconnect: 'no', meaning: 'a frame broke RFC 6455' },
  unsupportedData: { code: 1003, reconnect: 'no', meaning: 'binary frames are not spoken here' },
  noStatus: { code: 1005, reconnect: 'with-jitter', meaning: 'closed without a code' },
  abnormal: { code: 1006, reconnect: 'with-jitter', meaning: 'the connection broke' },
  invalidText: { code: 1007, reconnect: 'no', meaning: 'a text frame was not UTF-8' },
  tooManyPieces: { code: 1008, reconnect: 'no', meaning: 'a message in too many fragments' },
  tooBig: { code: 1009, reconnect: 'no', meaning: 'a message was over the size limit' },
  internal: {
    code: 1011,
    reconnect: 'with-jitter',
    meaning: 'an unexpected failure of the server',
  },
  restart: { code: 1012, reconnect: 'after-delay', meaning: 'the server drains' },
  tryLater: { code: 1013, reconnect: 'slowly', meaning: 'memory is short, or a reader too slow' },
  malformed: { code: 4400, reconnect: 'no', meaning: 'too many malformed messages' },
  unauthorized: { code: 4401, reconnect: 'once', meaning: 'the key or token is not valid' },
  forbidden: { code: 4403, reconnect: 'no', meaning: 'not allowed' },
  subprotocol: { code: 4406, reconnect: 'no', meaning: 'no offered subprotocol is spoken here' },
  noHello: { code: 4408, reconnect: 'once', meaning: 'no hello came in time' },
  quota: {
    code: 4429,
    reconnect: 'after-delay',
    meaning: 'over a quota; the reason says when again',
  },
} as const satisfies Record<string, { code: number; reconnect: Reconnect; meaning: string }>

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES]['code']
