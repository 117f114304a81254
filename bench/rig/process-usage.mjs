// What a process and all its descendants have used, read from Linux's /proc.
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ of the fields below: 100 on every architecture Node is built for (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100

/**
 * @typedef {object} Usage
 * @property {number} cpuMicros user + system time so far, ended descendants included
 * @property {number} kernelMicros the system's part of that
 * @property {number} residentBytes memory now
 */

/**
 * @param {number} pid
 * @returns {Usage}
 * @throws {Error} when there is no such process
 */
export function usageOf(pid) {
  const all = readAll()
  const sum = { cpuMicros: 0, kernelMicros: 0, residentBytes: 0 }
  const open = [pid]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const entry = all.get(next)
    if (entry === undefined) throw new Error(`process ${next} is gone`)
    sum.cpuMicros += (entry.ticks / TICKS_PER_SECOND) * 1e6
    sum.kernelMicros += (entry.kernelTicks / TICKS_PER_SECOND) * 1e6
    sum.residentBytes += residentBytes(next)
    for (const [child, { parent }] of all) if (parent === next) open.push(child)
  }
  return sum
}

/** @returns {Map<number, { parent: number, ticks: number, kernelTicks: number }>} */
function readAll() {
  const all = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readIfThere(`/proc/${name}/stat`)
    if (stat === undefined) continue
    // The second field, the command, may hold spaces and parentheses: what follows its last ")" starts at field 3.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    all.set(Number(name), {
      parent: fields[1],
      ticks: utime + stime + cutime + cstime,
      kernelTicks: stime + cstime,
    })
  }
  return all
}

/** @param {number} pid */
function residentBytes(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/**
 * Processes end while the list is read.
 * @param {string} path
 */
function readIfThere(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
