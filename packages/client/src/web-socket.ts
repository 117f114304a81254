/** The part of the WebSocket interface that is used, and where an implementation comes from. */
import { SluiceError } from './sluice-error.ts'

/** What is used of a WebSocket. The events are those of browsers, whatever an implementation calls their types. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(data: string): void
  close(code?: number, reason?: string): void
}

/** A constructor like the browser's; that of the package `ws` is one. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike

/** The runtime's own WebSocket, else that of the package `ws`. @throws SluiceError `no_web_socket` */
export async function findWebSocket(): Promise<WebSocketConstructor> {
  if (typeof globalThis.WebSocket === 'function') {
    return globalThis.WebSocket
  }
  // Not a literal, so that no bundler for browsers looks for it.
  const name = 'ws'
  try {
    const { WebSocket } = await import(/* @vite-ignore */ /* webpackIgnore: true */ name)
    return WebSocket
  } catch (cause) {
    const cure = 'install the package ws, or pass a constructor as the option WebSocket'
    throw new SluiceError('no_web_socket', `This runtime has no WebSocket: ${cure}`, { cause })
  }
}
