// What is read off a CPU profile: the time of a span, by part and by function, without what was idle or before it.
import { describe, expect, it } from 'vitest'
import { timesIn } from '../rig/cpu-profile.mjs'

const frames = [
  { functionName: '(idle)', url: '', lineNumber: -1 },
  { functionName: '(garbage collector)', url: '', lineNumber: -1 },
  { functionName: 'writev', url: '', lineNumber: -1 },
  {
    functionName: 'run',
    url: 'file:///a/packages/gateway/dist/completion/completion.js',
    lineNumber: 9,
  },
  { functionName: 'on', url: 'file:///a/node_modules/undici/lib/api.js', lineNumber: 1 },
  { functionName: '#glide', url: 'file:///a/packages/guard/dist/scanner.js', lineNumber: 5 },
]
const profile = {
  nodes: frames.map((callFrame, id) => ({ id, callFrame })),
  startTime: 1_000,
  samples: [3, 0, 1, 2, 3, 4, 5, 3],
  timeDeltas: [100, 100, 100, 100, 100, 100, 100, 1_000],
}

describe('the times in a span of a profile', () => {
  it('are those of its samples that were not idle, by part and by function', () => {
    const { total, parts, functions } = timesIn(profile, { from: 1_150, to: 1_750 })
    expect(total).toBe(500)
    expect([...parts].sort()).toEqual([
      ['garbage collection', 100],
      ['gateway: completion', 100],
      ['guard', 100],
      ['library undici', 100],
      ['writes', 100],
    ])
    expect(functions.get('run (completion.js:10)')).toBe(100)
  })
})
