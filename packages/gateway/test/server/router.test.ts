// The table of HTTP routes: which row answers, for whom, and what is answered where there is none.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Authenticator } from '../../src/clients/authenticator.ts'
import { type Route, Router, replyText } from '../../src/server/router.ts'

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/open', handle: ({ response }) => replyText(response, 200, 'open') },
  { method: 'POST', path: '/things', handle: ({ response }) => replyText(response, 201, 'made') },
  {
    method: 'GET',
    path: '/things/{id}',
    handle: ({ response, parameters }) => replyText(response, 200, `thing ${parameters.id}`),
  },
  {
    method: 'POST',
    path: '/things/{id}/cancel',
    handle: ({ response, parameters }) => replyText(response, 200, `cancelled ${parameters.id}`),
  },
  { method: 'GET', path: '/things', handle: ({ response }) => replyText(response, 200, 'list') },
  {
    method: 'GET',
    path: '/own',
    handleClient: ({ response, client, address }) =>
      replyText(response, 200, `${client.principal.id} at ${address}`),
    refuse: ({ code, row, message }, response) =>
      replyText(response, row.status, `${code}: ${message}`),
  },
  {
    method: 'GET',
    path: '/broken',
    handle: () => {
      throw new Error('a defect')
    },
  },
  {
    method: 'GET',
    path: '/broken-later',
    handle: async ({ response }) => {
      response.write('begun')
      throw new Error('a defect')
    },
  },
]

async function serve({ allowAnonymous = true } = {}) {
  const told: string[] = []
  const router = new Router({
    routes: ROUTES,
    authenticator: new Authenticator({ allowAnonymous }),
    addressOf: () => '192.0.2.1',
    refusals: {
      refusedRequest: ({ reason, value }) => void told.push(`${reason} ${value}`),
      refusedConnection: (reason, address) => void told.push(`${reason} ${address}`),
    },
    diagnostics: { unexpected: (error) => void told.push(String(error)) },
  })
  const server = createServer((request, response) => void router.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ask = async (method: string, path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    const { status, headers } = response
    const text = (await response.text()).trim()
    const isJson = headers.get('content-type') === 'application/json'
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    return [status, isJson ? JSON.parse(text).error : text, headers.get('allow')]
  }
  return { ask, told }
}

/** OpenAI's error object. */
function refusal(message: string, type = 'invalid_request_error') {
  return { message: expect.stringContaining(message), type, param: null, code: null }
}

const NO_METHOD = refusal('Method not allowed')
const NOT_FOUND = refusal('Not found')

describe('the router', () => {
  it.each([
    ['GET', '/open', 200, 'open', null],
    ['HEAD', '/open', 200, '', null],
    ['GET', '/open?a=/things', 200, 'open', null],
    ['GET', '/things/7', 200, 'thing 7', null],
    ['POST', '/things/7/cancel', 200, 'cancelled 7', null],
    ['GET', '/things', 200, 'list', null],
    ['POST', '/things', 201, 'made', null],
    ['PUT', '/things', 405, NO_METHOD, 'POST, GET, HEAD'],
    ['POST', '/open', 405, NO_METHOD, 'GET, HEAD'],
    ['GET', '/things/7/cancel', 405, NO_METHOD, 'POST'],
    ['GET', '/things/7/8', 404, NOT_FOUND, null],
    ['GET', '/things/', 404, NOT_FOUND, null],
    ['GET', '/Open', 404, NOT_FOUND, null],
    ['GET', '/own', 200, 'anonymous at 192.0.2.1', null],
  ])('answers %s %s with %i', async (method, path, ...expected) => {
    const { ask } = await serve()
    expect(await ask(method, path)).toEqual(expected)
  })

  it('lets the row say in its own words that a credential is missing, and tells of it', async () => {
    const { ask, told } = await serve({ allowAnonymous: false })
    expect(await ask('GET', '/own')).toEqual([401, 'unauthorized: A credential is required', null])
    expect((await ask('GET', '/open'))[0], 'not every row asks').toBe(200)
    await ask('GET', '/elsewhere?key=secret')
    expect(told).toEqual(['missing 192.0.2.1', 'path /elsewhere'])
  })

  it('answers a defect of a handler with 500, or breaks off what has begun, and tells of it', async () => {
    const { ask, told } = await serve()
    expect(await ask('GET', '/broken')).toEqual([
      500,
      refusal('Internal error', 'server_error'),
      null,
    ])
    await expect(ask('GET', '/broken-later')).rejects.toThrow()
    expect(told).toEqual(['Error: a defect', 'Error: a defect'])
  })
})
