// A client of dialect 1 in plain JavaScript, for browsers and Node.js. PROTOCOL.md has the messages.

// Node.js has one of its own since version 22.
const Socket = globalThis.WebSocket ?? (await import('ws')).WebSocket

/**
 * Yields the answer's text as it comes and returns the audit log; throws if the answer is blocked or fails, or if nothing
 * came for `idleTimeoutMs`: a network that falls silent closes no socket by itself. Leaving the loop early closes the
 * socket, and that cancels the completion.
 */
export async function* ask(url, payload, { key, idleTimeoutMs = 60_000 } = {}) {
  const socket = open(url, key)
  const messages = []
  let wake = () => {}
  const take = (message) => {
    messages.push(message)
    wake()
  }
  let closing = `no connection to ${url}: nothing listens there, or it refuses`
  socket.onopen = () => {
    closing = 'the connection was closed'
    socket.send(JSON.stringify({ type: 'init', payload }))
  }
  socket.onmessage = ({ data }) => take(JSON.parse(data))
  socket.onclose = ({ code, reason }) =>
    take({ type: 'error', message: `${closing} (${code}${reason && `, ${reason}`})` })
  socket.onerror = () => {} // `close` follows and says why
  try {
    for (;;) {
      const timer = setTimeout(
        () => take({ type: 'error', message: `nothing came for ${idleTimeoutMs} ms` }),
        idleTimeoutMs,
      )
      while (messages.length === 0) await new Promise((resolve) => (wake = resolve))
      clearTimeout(timer)
      const { type, data, auditLog, reason, message } = messages.shift()
      if (type === 'chunk') yield data.choices[0]?.delta.content ?? ''
      if (type === 'complete') return auditLog
      if (type === 'blocked' || type === 'error') throw new Error(reason ?? message)
    }
  } finally {
    socket.close(1000)
  }
}

/** A key travels as a subprotocol, because browsers cannot set headers. */
function open(url, key) {
  const base64url = (text) =>
    btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const keys = key === undefined ? [] : [`sluice.key.${base64url(key)}`]
  return new Socket(url, ['sluice.v1', ...keys])
}
