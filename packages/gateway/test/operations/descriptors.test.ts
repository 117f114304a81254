// A gateway that has no file descriptors left. The limit is lowered while it runs, which Linux allows.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Readiness } from '../../src/server/readiness.ts'
import { shapeOf, TutorialClient } from '../harness/tutorial-client.ts'
import { until } from '../harness/until.ts'
import { runSluice } from './running-sluice.ts'

const EXHAUSTED =
  'no file descriptors are left: connections are refused; raise ulimit -n (LimitNOFILE)'

describe('a gateway without file descriptors', () => {
  it.skipIf(process.platform !== 'linux')(
    'says so, and serves again when there are some',
    async () => {
      const sluice = await runSluice()
      const { pid } = sluice.process
      const limit = (count: number) =>
        execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:1024`])
      // A new descriptor has to be below the limit, and those three are in use.
      limit(3)
      await until('it says so', () => sluice.logged(EXHAUSTED).length > 0)
      expect(sluice.logged(EXHAUSTED)[0]).toMatchObject({ code: 'EMFILE', level: 50 })
      limit(1_024)
      await until('it recovers', () => sluice.logged('there are file descriptors again').length > 0)
      const client = await TutorialClient.connect(sluice.url)
      expect(shapeOf(await client.ask('sandbox-fast'))).toBe('handshake_ack chunk complete')
      expect(sluice.logged(EXHAUSTED)).toHaveLength(1)
    },
  )

  it('is not ready', () => {
    const descriptors = { isExhausted: false, stop: () => {} }
    const readiness = new Readiness(descriptors)
    readiness.state = 'ready'
    expect(readiness.problem).toBeUndefined()
    descriptors.isExhausted = true
    expect(readiness.problem).toBe('no file descriptors are left')
    readiness.state = 'draining'
    expect(readiness.problem).toBe('draining')
  })
})
