// The schemas and the published JSON Schema have every field of every frame, and refuse what is out of bounds.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clientFrameSchemas, frameJsonSchema } from '../src/frame-schemas.ts'

const source = readFileSync(new URL('../src/dialect-2.ts', import.meta.url), 'utf8')

interface Branch {
  properties: Record<string, { const?: string }>
}

/** The frames of one side in the JSON Schema; a frame with alternatives counts as several. */
function branchesOf(definition: unknown): Branch[] {
  const { anyOf } = definition as { anyOf: (Branch & { anyOf?: Branch[] })[] }
  return anyOf.flatMap((branch) => branch.anyOf ?? [branch])
}

describe('the JSON Schema of frames', () => {
  const { $defs } = frameJsonSchema() as { $defs: Record<string, unknown> }
  const branches = [...branchesOf($defs.ClientFrame), ...branchesOf($defs.ServerFrame)]
  const interfaces = source.matchAll(
    /interface \w+Frame \{\s+type: '(\w+)'([^}]*(?:\{[^}]*\}[^}]*)*)\n\}/g,
  )
  const frames = [...interfaces].map(([, type = '', body = '']) => ({ type, body }))

  it('has all sixteen frames', () => {
    expect(frames).toHaveLength(16)
    const types = new Set(branches.map(({ properties }) => properties.type?.const))
    expect([...types].toSorted()).toEqual(frames.map(({ type }) => type).toSorted())
  })

  it.each(frames)('has $type with all its fields', ({ type, body }) => {
    const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field)
    const own = branches.filter(({ properties }) => properties.type?.const === type)
    const shown = new Set(own.flatMap(({ properties }) => Object.keys(properties)))
    expect([...shown].toSorted()).toEqual(['type', ...fields].toSorted())
  })
})

describe('the schemas of a client', () => {
  const schemas = clientFrameSchemas({ maxContentCharacters: 10 })
  const payload = { modelId: 'm', messages: [{ role: 'user', content: 'hi' }] }
  const long = 'x'.repeat(129)

  it.each([
    [schemas.init, { type: 'init', id: '1', payload }],
    [schemas.init, { type: 'init', id: 'x'.repeat(128), payload, unknown: 1 }],
    [schemas.hello, { type: 'hello' }],
    [schemas.cancel, { type: 'cancel', requestId: 'r' }],
    [schemas.resume, { type: 'resume', id: '1', requestId: 'r', after: 0 }],
    [schemas.ping, { type: 'ping', t: -1.5 }],
  ])('take %#', (schema, frame) => {
    expect(schema.safeParse(frame).success).toBe(true)
  })

  it.each([
    [schemas.init, { type: 'init', payload }],
    [schemas.init, { type: 'init', id: '', payload }],
    [schemas.init, { type: 'init', id: long, payload }],
    [schemas.init, { type: 'init', id: '1', payload, idempotencyKey: long }],
    [schemas.init, { type: 'init', id: '1', payload, onDisconnect: 'later' }],
    [schemas.init, { type: 'init', id: '1', payload: { ...payload, messages: [] } }],
    [schemas.hello, { type: 'hello', token: '' }],
    [schemas.cancel, { type: 'cancel' }],
    [schemas.cancel, { type: 'cancel', id: 7 }],
    [schemas.detach, { type: 'detach', id: null }],
    [schemas.resume, { type: 'resume', id: '1', requestId: 'r', after: -1 }],
    [schemas.resume, { type: 'resume', id: '1', requestId: 'r', after: 0.5 }],
    [schemas.resume, { type: 'resume', id: '1', requestId: 'r', after: 2 ** 53 }],
    [schemas.resume, { type: 'resume', id: '1', requestId: 'r', after: 0, epoch: 0 }],
    [schemas.ping, { type: 'ping', t: 'now' }],
  ])('refuse %#', (schema, frame) => {
    expect(schema.safeParse(frame).success).toBe(false)
  })
})
