// Serves the page of this folder and the built client: `node examples/browser/server.mjs`, then http://localhost:3000.
// The gateway has to know this origin: SLUICE_ALLOWED_ORIGINS=http://localhost:3000 npm start
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../', import.meta.url)
const MODULE = /^\/packages\/(client|protocol)\/dist\/[\w-]+\.js$/

/** A server that listens on a port of loopback; 0 is any free one. */
export async function serve(port) {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const isModule = MODULE.test(pathname)
    if (!isModule && pathname !== '/') return response.writeHead(404).end()
    const file = isModule ? new URL(`.${pathname}`, ROOT) : new URL('index.html', import.meta.url)
    const type = isModule ? 'text/javascript' : 'text/html; charset=utf-8'
    response.writeHead(200, { 'content-type': type }).end(await readFile(file))
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await serve(Number(process.env.PORT ?? 3000))
