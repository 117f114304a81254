// Counts the system calls of a process, with strace.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

/** Whether strace is there. */
export const canCount = spawnSync('strace', ['-V']).status === 0

/**
 * Counts while `work` is done.
 * @param {number} pid of the process, whose threads count too
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Map<string, number>>} calls by name
 */
export async function callsDuring(pid, work) {
  const strace = spawn('strace', ['-c', '-f', '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  strace.stderr.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const closed = once(strace, 'close')
  await once(strace.stderr, 'data')
  await work()
  strace.kill('SIGINT')
  await closed
  // % time, seconds, microseconds a call, calls, errors where there are some, name.
  const rows = output.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm)
  const calls = /** @type {Map<string, number>} */ (new Map())
  for (const [, count, name = ''] of rows) calls.set(name, Number(count))
  calls.delete('total')
  return calls
}
