// What an upgrade says, read once: dialect, confirmed subprotocol and credential, whatever stands beside them.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readHandshake } from '../../src/server/handshake.ts'

function handshake(protocols: string | undefined, authorization?: string) {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, { 'sec-websocket-protocol': protocols, authorization })
  return readHandshake(request, () => '192.0.2.1')
}

const KEY = `sluice.key.${Buffer.from('sk_test').toString('base64url')}`

describe('a handshake', () => {
  it.each([
    [undefined, 'sluice.v1', undefined],
    ['', 'sluice.v1', undefined],
    [KEY, 'sluice.v1', undefined],
    ['sluice.v1', 'sluice.v1', 'sluice.v1'],
    [`sluice.v9, sluice.v1 ,${KEY}`, 'sluice.v1', 'sluice.v1'],
    ['sluice.v9', undefined, undefined],
    [`mqtt, ${KEY}`, undefined, undefined],
  ])('that offers %s speaks %s and is answered %s', (offered, dialect, confirmed) => {
    const { dialect: spoken, subprotocol } = handshake(offered)
    expect([spoken?.subprotocol, subprotocol]).toEqual([dialect, confirmed])
  })

  it('brings a credential by header or beside the dialect, and one that cannot be read is no anonymous one', () => {
    expect(handshake(undefined).credential).toEqual({ ok: true, credential: undefined })
    expect(handshake(`sluice.v1, ${KEY}`).credential).toEqual({ ok: true, credential: 'sk_test' })
    expect(handshake(undefined, 'Bearer sk_test').credential).toEqual({
      ok: true,
      credential: 'sk_test',
    })
    expect(handshake('sluice.v1, sluice.key.***').credential).toMatchObject({ ok: false })
    expect(handshake(KEY, 'Bearer other').credential).toMatchObject({ ok: false })
  })
})
