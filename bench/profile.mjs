// `npm run bench:profile`: where the time of a paced delta and of a request goes, beside the pipe: by part of the program,
// by function, and in system calls. Writes results/profile.md. The method is in README.md.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine } from './command-line.mjs'
import { FULL } from './rig/cases.mjs'
import { timesIn } from './rig/cpu-profile.mjs'
import { describeMachine, measuredCommit, pinToSecondCore } from './rig/machine.mjs'
import { Rig } from './rig/rig.mjs'
import { callsDuring, canCount } from './rig/system-calls.mjs'

/** @typedef {import('./rig/cases.mjs').Case} Case */

const RESULT = 'results/profile.md'
const TRIED = '## What was tried'
const ENGINES = ['pipe', 'sluice-off', 'sluice-v2-standard', 'sluice-http']
/** Parts and functions under this part of the time of every engine are put together. */
const LEAST = 0.015
const FUNCTIONS = 12
const CALLS = ['epoll_wait', 'epoll_pwait', 'epoll_ctl', 'read', 'write', 'writev', 'futex']
const { sockets, warm } = FULL.requests
const shape = { deltas: 1, paceMs: 0 }
/** @type {{ unit: 'delta' | 'request', task: Case }[]} */
const SUBJECTS = [
  { unit: 'delta', task: /** @type {Case} */ (FULL.cases.find(({ name }) => name === 'paced')) },
  {
    unit: 'request',
    task: { name: 'requests', streams: sockets, shape, arrivalMs: 0, repeats: warm },
  },
]

commandLine({ usage: 'npm run bench:profile', about: 'Profiles the gateway.', options: {} })
process.chdir(import.meta.dirname)
const isPinned = pinToSecondCore()
const rig = new Rig({ isPinned })
const folder = mkdtempSync(join(tmpdir(), 'sluice-profile-'))

const micros = () => Number(process.hrtime.bigint() / 1_000n)

/**
 * One engine and one subject: warmed up, then profiled; counted in a pass of its own, which strace slows down.
 * @param {string} engine
 * @param {typeof SUBJECTS[number]} subject
 */
async function profile(engine, { unit, task }) {
  const into = mkdtempSync(join(folder, 'run-'))
  const env = { SLUICE_AUDIT: join(into, 'audit.db') }
  const target = await rig.startEngine(engine, unit === 'request' ? env : {}, [
    '--cpu-prof',
    `--cpu-prof-dir=${into}`,
  ])
  await rig.measure(target, task)
  const before = target.child?.usage()
  const from = micros()
  const measured = await rig.measure(target, task)
  const to = micros()
  const after = target.child?.usage()
  const units = unit === 'delta' ? measured.deltas : measured.requests
  const calls = canCount
    ? await callsDuring(target.child?.pid ?? 0, () => rig.measure(target, task))
    : new Map()
  await rig.stopEngine(target)
  const file = readdirSync(into).find((name) => name.endsWith('.cpuprofile')) ?? ''
  const times = timesIn(JSON.parse(readFileSync(join(into, file), 'utf8')), { from, to })
  const kernel = ((after?.kernelMicros ?? 0) - (before?.kernelMicros ?? 0)) / units
  return { engine, units, cpu: measured.cpuMicros / units, kernel, times, calls }
}

/** @typedef {Awaited<ReturnType<typeof profile>>} Profiled */

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const lines = [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {number} value */
const shown = (value) => (value < 0.05 ? '' : value.toFixed(1))

/**
 * What a unit takes in each part.
 * @param {Profiled[]} all
 */
function partsOf(all) {
  const names = new Set(all.flatMap(({ times }) => [...times.parts.keys()]))
  const value = (/** @type {Profiled} */ { times, units }, /** @type {string} */ name) =>
    (times.parts.get(name) ?? 0) / units
  const isLarge = (/** @type {string} */ name) =>
    all.some((one) => value(one, name) * one.units > LEAST * one.times.total)
  const large = [...names].filter(isLarge)
  const last = /** @type {Profiled} */ (all.at(-1))
  large.sort((a, b) => value(last, b) - value(last, a))
  const rest = [...names].filter((name) => !isLarge(name))
  return [
    ...large.map((name) => [name, ...all.map((one) => shown(value(one, name)))]),
    [
      'all others',
      ...all.map((one) => shown(rest.reduce((sum, name) => sum + value(one, name), 0))),
    ],
    ['**sampled**', ...all.map(({ times, units }) => (times.total / units).toFixed(1))],
    [
      'not sampled: the poll for input, other threads',
      ...all.map(({ cpu, times, units }) => shown(cpu - times.total / units)),
    ],
    ['**CPU of the process**', ...all.map(({ cpu }) => cpu.toFixed(1))],
    ['of that in the kernel', ...all.map(({ kernel }) => kernel.toFixed(1))],
  ]
}

/** @param {Profiled} one */
function functionsOf({ times, units }) {
  const largest = [...times.functions].sort(([, a], [, b]) => b - a).slice(0, FUNCTIONS)
  return largest.map(([name, time]) => [
    `\`${name.slice(0, 60)}\``,
    shown(time / units),
    `${((100 * time) / times.total).toFixed(1)} %`,
  ])
}

/** @param {Profiled[]} all */
function callsOf(all) {
  const names = CALLS.filter((name) => all.some(({ calls }) => calls.has(name)))
  const count = (/** @type {Profiled} */ { calls, units }, /** @type {string} */ name) =>
    ((calls.get(name) ?? 0) / units).toFixed(2)
  return names.map((name) => [name, ...all.map((one) => count(one, name))])
}

/** What people wrote below the figures, which stays. */
function tried() {
  const before = existsSync(RESULT) ? readFileSync(RESULT, 'utf8') : ''
  const from = before.indexOf(TRIED)
  return from === -1 ? TRIED : before.slice(from).trimEnd()
}

/** @param {'delta' | 'request'} unit @param {Profiled[]} all */
function chapter(unit, all) {
  const engines = all.map(({ engine }) => engine)
  const widest = /** @type {Profiled} */ (all.find(({ engine }) => engine === 'sluice-v2-standard'))
  const title = unit === 'delta' ? 'A paced delta' : 'A request of one delta, warm, with the audit'
  const counted = canCount
    ? `System calls a ${unit}, all threads:\n\n${table(['call', ...engines], callsOf(all))}`
    : 'System calls were not counted: there is no strace.'
  return [
    `## ${title}`,
    `Microseconds a ${unit}, by where they are spent:`,
    table(['part', ...engines], partsOf(all)),
    `The largest functions of \`${widest.engine}\`, by their own time:`,
    table(['function', 'µs', 'share'], functionsOf(widest)),
    counted,
  ].join('\n\n')
}

try {
  await rig.start()
  const chapters = []
  for (const subject of SUBJECTS) {
    const all = []
    for (const engine of ENGINES) {
      console.log(`a ${subject.unit}: ${engine}`)
      all.push(await profile(engine, subject))
    }
    chapters.push(chapter(subject.unit, all))
  }
  const { processor, cores, node } = describeMachine(isPinned)
  const head = `# Where the time goes\n\n${new Date().toISOString().slice(0, 10)}, commit ${measuredCommit()}, \`npm run bench:profile\`, one run. ${processor}, ${cores} cores, Node ${node}.\nA profiler samples each millisecond and slows down what it looks at: shares travel, microseconds do not.`
  const text = `${[head, ...chapters, tried()].join('\n\n')}\n`
  writeFileSync(RESULT, text)
  console.log(text)
} finally {
  await rig.stop()
  rmSync(folder, { recursive: true, force: true })
}
