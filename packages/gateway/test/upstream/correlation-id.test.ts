import { describe, expect, it } from 'vitest'
import { correlationOf } from '../../src/upstream/correlation-id.ts'

describe('correlationOf', () => {
  it.each([
    [{ 'inin-correlation-id': 'a-b_c:1.2' }, 'a-b_c:1.2'],
    [{ 'x-request-id': ['req_1', 'req_2'] }, 'req_1'],
    [{ 'inin-correlation-id': 'a', 'x-request-id': 'b' }, 'a'],
    [{ 'inin-correlation-id': 'a b' }, undefined],
    [
      { 'x-request-id': '12345678-1234-1234-1234-123456789012' },
      '12345678-1234-1234-1234-123456789012',
    ],
    [{ 'x-request-id': '4bf92f3577b34da6a3ce929d0e0e4736' }, '4bf92f3577b34da6a3ce929d0e0e4736'],
    [{ 'x-request-id': '4111-1111-1111-1111' }, undefined],
    [{ 'x-request-id': 'req.078-05-1120' }, undefined],
    [{ 'x-request-id': '4111111111111111' }, undefined],
    [{ 'inin-correlation-id': 'x'.repeat(129) }, undefined],
    [{ 'inin-correlation-id': 'a\u001b[2J' }, undefined],
    [{ 'x-request-id': 'sk-secret-1234567890' }, undefined],
    [{ 'x-request-id': 'req:sk-secret-1234567890:1' }, undefined],
    [{ 'x-request-id': 'secret-12345' }, undefined],
    [{ 'x-request-id': 'Bearer' }, 'Bearer'],
    [{}, undefined],
  ])('takes %o as %j', (headers, id) => {
    expect(correlationOf(headers, ['Bearer sk-secret-1234567890', undefined])).toBe(id)
  })
})
