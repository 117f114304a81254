// Turns on the event loop: one an iteration for all computations together, and fair between clients.
import { describe, expect, it } from 'vitest'
import { Scheduler, type Task } from '../src/scheduler.ts'

/** Works until the task's turn is over, as a computation does that looks at the clock after each step. */
function workATurn(task: Task): void {
  while (!task.isOver()) Math.sqrt(2)
}

async function compute(task: Task, turns: number, onTurn: () => void): Promise<void> {
  for (let i = 0; i < turns; i += 1) {
    workATurn(task)
    onTurn()
    await task.next()
  }
}

describe('the scheduler', () => {
  it('gives all computations of one iteration of the loop a single turn', async () => {
    const scheduler = new Scheduler()
    const tasks = Array.from({ length: 64 }, (_, i) => scheduler.task(`client-${i}`))
    workATurn(tasks[0] as Task)
    expect(tasks.every((task) => task.isOver())).toBe(true)
  })

  it('lets others have the loop between two turns, however many computations wait', async () => {
    const scheduler = new Scheduler()
    let turns = 0
    let betweenTurns = 0
    let isEnded = false
    const stranger = () => {
      betweenTurns += 1
      if (!isEnded) setImmediate(stranger)
    }
    setImmediate(stranger)
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        compute(scheduler.task(`client-${i}`), 3, () => {
          turns += 1
        }),
      ),
    )
    isEnded = true
    expect(turns).toBe(24)
    expect(betweenTurns).toBeGreaterThanOrEqual(turns - 8)
  })

  it('serves clients in turn, however many tasks one of them brought', async () => {
    const scheduler = new Scheduler()
    const order: string[] = []
    const run = async (client: string, name: string) => {
      await scheduler.task(client).next()
      order.push(name)
    }
    await Promise.all([run('a', 'a1'), run('a', 'a2'), run('a', 'a3'), run('b', 'b1')])
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  it('rejects with the reason of an abort at the next turn', async () => {
    const controller = new AbortController()
    const task = new Scheduler().task('a', controller.signal)
    controller.abort('gone')
    await expect(task.next()).rejects.toBe('gone')
  })
})
