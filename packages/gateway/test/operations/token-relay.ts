/** Stands between the gateway and the sandbox, passes everything on, and remembers the access tokens that it saw. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TokenRelay {
  readonly url: string
  readonly tokens: readonly string[]
}

export async function tokenRelay(target: string): Promise<TokenRelay> {
  const tokens: string[] = []
  const server = createServer((asked, answer) => {
    const { method, headers, url = '' } = asked
    const passed = request(new URL(url, target), { method, headers }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers)
      received.on('data', (data) => {
        const [, token] = /"access_token":"([^"]+)"/.exec(String(data)) ?? []
        if (token !== undefined) tokens.push(token)
      })
      received.on('error', () => answer.destroy())
      received.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    answer.on('close', () => passed.destroy())
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens }
}
