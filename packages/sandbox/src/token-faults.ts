/** The faults of the token endpoint as one table; they are queued through the control endpoint or `queueFaults`. */

/** One way in which the token endpoint can fail. */
export interface TokenFault {
  fault: string
  summary: string
  /** Breaks the connection instead of answering. */
  breaks?: 'reset' | 'stall'
  /** Pause before the answer in milliseconds. */
  delayMs?: number
  /** Answers with this status instead of a token. */
  status?: number
  /** The body is a web page. */
  html?: true
  /** Real life of the token in seconds, when it differs from the setting. */
  lifeSeconds?: number
  /** The token is dead before it is used. */
  revoked?: true
  /** Fields of the token answer that are replaced; undefined leaves one out. */
  answer?: Record<string, unknown>
}

/** Every fault of the token endpoint. */
export const sandboxTokenFaults: readonly TokenFault[] = [
  { fault: 'reset', summary: 'the connection is reset', breaks: 'reset' },
  { fault: 'stall', summary: 'no answer ever comes', breaks: 'stall' },
  { fault: 'slow', summary: 'the answer comes after two seconds', delayMs: 2_000 },
  { fault: '400', summary: '400 invalid_client, as for wrong credentials', status: 400 },
  { fault: '429', summary: '429 with Retry-After: 1', status: 429 },
  { fault: '500', summary: '500 with a Genesys Cloud error body', status: 500 },
  { fault: '503', summary: '503 with a Genesys Cloud error body', status: 503 },
  { fault: 'html', summary: 'status 200 with a web page', status: 200, html: true },
  { fault: 'html-502', summary: '502 with a web page', status: 502, html: true },
  { fault: 'revoked', summary: 'a token that the API refuses at once', revoked: true },
  {
    fault: 'dies-early',
    summary: 'a token that dies after one second although it claims its full life',
    lifeSeconds: 1,
  },
  { fault: 'short-life', summary: 'expires_in is 1', lifeSeconds: 1, answer: { expires_in: 1 } },
  { fault: 'text-life', summary: 'expires_in is the text "soon"', answer: { expires_in: 'soon' } },
  { fault: 'negative-life', summary: 'expires_in is -1', answer: { expires_in: -1 } },
  { fault: 'no-expires-in', summary: 'expires_in is missing', answer: { expires_in: undefined } },
  { fault: 'no-token', summary: 'access_token is missing', answer: { access_token: undefined } },
]
