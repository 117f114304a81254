// Who follows a completion, and how long it lives: coming and going at any time, what is kept, what is freed, and for whom.
import { describe, expect, it, onTestFinished } from 'vitest'
import { ownerOf } from '../../src/clients/client.ts'
import type { Subscription } from '../../src/completion/subscription.ts'
import { GatewayError } from '../../src/errors.ts'
import { Scheduler } from '../../src/scheduler.ts'
import { completionsOnSandbox, order, Reader } from '../harness/completions-on-sandbox.ts'
import { until } from '../harness/until.ts'

const KEPT = { graceMs: 60_000, retentionMs: 60_000 }
const owner = ownerOf(order('any').client)
const overQuota = () => Promise.reject(new GatewayError('rate_limited', 'over'))
const notFound = expect.objectContaining({ code: 'not_found' })

describe('a completion', () => {
  it('shows the same text and the same terminal to everybody, whenever they come', async () => {
    const { completions } = await completionsOnSandbox()
    const first = new Reader()
    const { feed } = await completions.start(order('sandbox-default', KEPT), first)
    const { requestId } = feed.header
    const readers = [first]
    for (let entries = 5; entries <= 30; entries += 5) {
      await until('there is more', () => feed.log.top >= entries || feed.terminal !== undefined)
      const reader = new Reader()
      const subscription = await completions.attach({ requestId, owner, after: 0 }, reader)
      subscription.deliver()
      readers.push(reader)
    }
    await until('it is over', () => first.isOver)
    const late = new Reader()
    ;(await completions.attach({ requestId, owner, after: 0 }, late)).deliver()
    expect(first.text).toMatch(/\w{3}/)
    for (const reader of [...readers, late]) {
      expect(reader.text).toBe(first.text)
      expect(reader.subscription?.feed.terminal).toMatchObject({ status: 'complete' })
    }
  })

  it('shows the end of its text before its tokens are counted', async () => {
    let turn = Promise.resolve()
    let count = () => {}
    class Held extends Scheduler {
      override task = () => ({ isOver: () => true, next: () => turn })
    }
    const { completions } = await completionsOnSandbox({ scheduler: new Held() })
    onTestFinished(() => count())
    const whole = new Reader()
    await completions.start(order('sandbox-no-usage'), whole)
    await until('it is over', () => whole.isOver)
    class Holding extends Reader {
      override onFeed(subscription: Subscription): void {
        turn = new Promise((resolve) => {
          count = resolve
        })
        super.onFeed(subscription)
      }
    }
    const reader = new Holding()
    await completions.start(order('sandbox-no-usage'), reader)
    await until('its text is whole', () => reader.text === whole.text)
    expect(reader.isOver).toBe(false)
    count()
    await until('it is over', () => reader.isOver)
  })

  it('goes on from the sequence number that a reader has', async () => {
    const { completions } = await completionsOnSandbox()
    const whole = new Reader()
    const { feed } = await completions.start(order('sandbox-default', KEPT), whole)
    await until('it is over', () => whole.isOver)
    for (let after = 0; after <= feed.log.sequence; after += 1) {
      const [head, tail] = [new Reader({ limit: feed.log.positionOf(after) ?? 0 }), new Reader()]
      const { requestId } = feed.header
      ;(await completions.attach({ requestId, owner, after: 0 }, head)).deliver()
      ;(await completions.attach({ requestId, owner, after }, tail)).deliver()
      expect(head.text + tail.text).toBe(whole.text)
    }
    const beyond = { requestId: feed.header.requestId, owner, after: feed.log.sequence + 9 }
    const late = await completions.attach(beyond, new Reader())
    expect(late.cursor).toBe(feed.log.positionOf(feed.log.sequence))
  })

  it('is cancelled with its last follower if it has no grace, and its memory is free', async () => {
    const { completions, sandbox, budget, reports } = await completionsOnSandbox()
    const reader = new Reader()
    const subscription = await completions.start(order('sandbox-slow'), reader)
    await until('there is text', () => reader.text !== '')
    subscription.close()
    await until('it is over', () => reports.length > 0)
    expect(reports[0]).toMatchObject({ status: 'cancelled', cancelledBy: 'disconnect' })
    expect(completions.size).toBe(0)
    expect(budget.usedBytes).toBe(0)
    await until('the upstream knows', () => sandbox.stats().openStreams === 0)
  })

  it('is not harmed by a clock that is set, and takes as long as it takes', async () => {
    const HOUR_MS = 3_600_000
    let jumps = 0
    const clock = {
      now: () => {
        jumps += 1
        return Date.now() + jumps * HOUR_MS
      },
      monotonic: () => performance.now(),
    }
    // Its 1,900 deltas take longer than it may be silent, so that silence is measured.
    const { completions, reports } = await completionsOnSandbox({
      clock,
      sandbox: { deltaIntervalMs: 1 },
      upstream: { idleTimeoutMs: 1_500 },
    })
    await completions.start(order('sandbox-long'), new Reader())
    await until('it is over', () => reports.length > 0)
    expect(reports[0]).toMatchObject({ status: 'complete' })
    expect(reports[0]?.latencyMs).toBeLessThan(HOUR_MS)
    expect(reports[0]?.timeToFirstTokenMs).toBeLessThan(HOUR_MS)
  })

  it('is abandoned when its grace ends, and goes on if somebody comes before', async () => {
    const { completions, reports } = await completionsOnSandbox({ sandbox: { deltaIntervalMs: 5 } })
    const brief = { graceMs: 20, retentionMs: 60_000 }
    const left = await completions.start(order('sandbox-stall-mid-stream', brief), new Reader())
    left.close()
    await until('it is over', () => reports.length > 0)
    expect(reports[0]).toMatchObject({ status: 'cancelled', cancelledBy: 'abandoned' })

    const reader = new Reader()
    const begun = await completions.start(order('sandbox-default', KEPT), new Reader())
    begun.close()
    const { requestId } = begun.feed.header
    await completions.attach({ requestId, owner, after: 0 }, reader)
    await until('it is over', () => reports.length > 1)
    expect(reports[1]).toMatchObject({ status: 'complete' })
    expect(reader.text).toMatch(/\w{3}/)
  })

  it('goes on and is kept while nobody follows', async () => {
    const { completions, reports } = await completionsOnSandbox()
    const left = await completions.start(order('sandbox-default', KEPT), new Reader())
    left.close()
    await until('it is over', () => reports.length > 0)
    const { requestId } = left.feed.header
    const reader = new Reader()
    ;(await completions.attach({ requestId, owner, after: 0 }, reader)).deliver()
    expect(reader.text).toMatch(/\w{3}/)
  })

  it('cannot be found when its retention has ended, and is kept for those who follow it', async () => {
    const { completions, budget } = await completionsOnSandbox()
    const reader = new Reader()
    const brief = { ...KEPT, retentionMs: 1 }
    const subscription = await completions.start(order('sandbox-default', brief), reader)
    await until('it is over', () => reader.isOver)
    const { requestId } = subscription.feed.header
    let isGone = false
    await until('it cannot be found', () => {
      completions.attach({ requestId, owner, after: 0 }, new Reader()).then(
        (found) => found.close(),
        () => {
          isGone = true
        },
      )
      return isGone
    })
    expect(budget.usedBytes, 'who follows still has it').toBeGreaterThan(0)
    subscription.close()
    expect(budget.usedBytes).toBe(0)
  })

  it('is not kept when it failed before its ack, and nothing of it is held', async () => {
    const { completions, budget } = await completionsOnSandbox({ quotas: { admit: overQuota } })
    const reader = new Reader()
    const { feed } = await completions.start(order('sandbox-fast', KEPT), reader)
    await until('it is over', () => reader.isOver)
    expect(feed.terminal).toMatchObject({ status: 'error', error: { code: 'rate_limited' } })
    reader.subscription?.close()
    const { requestId } = feed.header
    const late = completions.attach({ requestId, owner, after: 0 }, new Reader())
    await expect(late).rejects.toEqual(notFound)
    expect(budget.usedBytes).toBe(0)
  })

  it('cannot be told from an absent one by those whose it is not', async () => {
    const { completions, reports } = await completionsOnSandbox()
    const { feed } = await completions.start(order('sandbox-slow', KEPT), new Reader())
    const { requestId } = feed.header
    for (const [id, whose] of [
      [requestId, 'key b'],
      [requestId, 'anonymous a'],
      ['0'.repeat(32), owner],
    ] as const) {
      const target = { requestId: id, owner: whose, after: 0 }
      await expect(completions.attach(target, new Reader())).rejects.toEqual(notFound)
      await expect(completions.cancel(id, whose)).rejects.toEqual(notFound)
    }
    expect(reports).toEqual([])
    await completions.cancel(requestId, owner)
    await until('it is over', () => reports.length > 0)
    expect(reports[0]).toMatchObject({ status: 'cancelled', cancelledBy: 'client' })
    await completions.cancel(requestId, owner)
    expect(reports).toHaveLength(1)
  })

  it('shows nothing but its terminal to those who come after a block', async () => {
    const { completions, budget } = await completionsOnSandbox()
    const first = new Reader()
    const { feed } = await completions.start(
      order('sandbox-unsafe', { ...KEPT, policy: 'seed' }),
      first,
    )
    await until('it is over', () => first.isOver)
    expect(feed.terminal).toMatchObject({ status: 'blocked', direction: 'output' })
    const late = new Reader()
    const { requestId } = feed.header
    const subscription = await completions.attach({ requestId, owner, after: 0 }, late)
    subscription.deliver()
    expect(late.entries).toBe(0)
    expect(late.isOver).toBe(true)
    expect(feed.log.byteLength, 'what was retracted is not kept').toBe(0)
    expect(budget.usedBytes).toBeGreaterThan(0)
  })

  it('waits for who must not miss anything, and not for who may while somebody is ahead of it', async () => {
    const { completions, reports } = await completionsOnSandbox({ ringBytes: 0 })
    const careless = new Reader({ mayMiss: true, limit: 3 })
    const alone = await completions.start(order('sandbox-long', KEPT), careless)
    await until('it waits', () => alone.feed.isHeldUp)
    const { requestId } = alone.feed.header
    const ahead = new Reader({ mayMiss: true })
    const fast = await completions.attach({ requestId, owner, after: 0 }, ahead)
    fast.resume()
    await until('it is over', () => reports.length > 0)
    expect(alone.feed.isHeldUp).toBe(false)

    const careful = new Reader({ limit: 3 })
    const waiting = await completions.start(order('sandbox-long', KEPT), careful)
    await until('it waits', () => waiting.feed.isHeldUp)
    careful.catchUp()
    await until('it is over', () => reports.length > 1)
    expect(careful.text.length).toBeGreaterThan(5_000)
  })

  it('keeps the end of a long log for those who may miss its beginning, and says what is lost', async () => {
    const { completions } = await completionsOnSandbox({
      ringBytes: 4_096,
      sandbox: { deltaIntervalMs: 0 },
    })
    const slow = new Reader({ mayMiss: true, limit: 3 })
    const { feed } = await completions.start(order('sandbox-echo', KEPT), slow)
    await until('it is over', () => slow.isOver)
    expect(feed.log.first).toBe(1)

    const long = new Reader({ mayMiss: true, limit: 3 })
    const asked = order('sandbox-echo', KEPT)
    asked.request.messages = [{ role: 'user', content: 'word '.repeat(20_000) }]
    const followed = await completions.start(asked, long)
    const target = { requestId: followed.feed.header.requestId, owner, after: 0 }
    const ahead = await completions.attach(target, new Reader({ mayMiss: true }))
    ahead.resume()
    await until('it is over', () => long.isOver)
    expect(followed.feed.log.byteLength).toBeLessThan(40_000)
    expect(followed.feed.log.first).toBeGreaterThan(followed.cursor + 1)
    const { requestId } = followed.feed.header
    const again = { requestId, owner, after: 1 }
    await expect(completions.attach(again, new Reader())).rejects.toMatchObject({ code: 'gap' })
  })
})

describe('a node', () => {
  it('forgets the oldest answers that nobody reads before it refuses a new one', async () => {
    const { completions, reports } = await completionsOnSandbox({
      budgetBytes: 4_000,
      sandbox: { deltaIntervalMs: 0 },
    })
    const ask = () => completions.start(order('sandbox-fast', KEPT), new Reader())
    const ids: string[] = []
    for (let i = 0; i < 6; i += 1) {
      const subscription = await ask()
      await until('it is over', () => reports.length === i + 1)
      subscription.close()
      ids.push(subscription.feed.header.requestId)
    }
    const found = await Promise.allSettled(
      ids.map((requestId) => completions.attach({ requestId, owner, after: 0 }, new Reader())),
    )
    const kept = found.map(({ status }) => status === 'fulfilled')
    expect(kept.at(0)).toBe(false)
    expect(kept.at(-1)).toBe(true)
    expect(kept, 'the oldest went first').toEqual(kept.toSorted())
    // Those are followed now, and nothing is taken from who follows.
    const fill = async () => {
      for (let i = 0; i < 10; i += 1) await ask()
    }
    await expect(fill()).rejects.toMatchObject({ code: 'overloaded', isRetryable: true })
  })

  it('waits, when it drains, for a completion that was let in and does not run yet', async () => {
    let letIn = () => {}
    const gate = new Promise<void>((resolve) => {
      letIn = resolve
    })
    const { completions, reports } = await completionsOnSandbox({
      quotas: { acquire: () => gate.then(() => () => {}) },
    })
    const started = completions.start(order('sandbox-fast'), new Reader())
    const drained = completions.drain()
    await expect(completions.start(order('sandbox-fast'), new Reader())).rejects.toMatchObject({
      code: 'draining',
    })
    letIn()
    await started
    await drained
    expect(reports).toHaveLength(1)
  })

  it('releases what a completion had acquired, however it ends or does not begin', async () => {
    let acquired = 0
    const quotas = {
      acquire: async () => {
        acquired += 1
        return () => {
          acquired -= 1
        }
      },
    }
    const { completions, reports } = await completionsOnSandbox({ quotas, budgetBytes: 15_000 })
    const first = await completions.start(order('sandbox-default'), new Reader())
    await expect(
      (async () => {
        for (;;) await completions.start(order('sandbox-slow'), new Reader())
      })(),
    ).rejects.toMatchObject({ code: 'overloaded' })
    expect(acquired).toBe(completions.size)
    await until('it is over', () => first.feed.terminal !== undefined)
    completions.cancelAll('operator')
    await until('all are over', () => completions.size === 0)
    expect(acquired).toBe(0)
    expect(reports.length).toBeGreaterThan(1)
  })
})
