// Reads what `node --cpu-prof` wrote: how much time was spent where, by the part of the program and by function.

/**
 * @typedef {object} CpuProfile
 * @property {{ id: number, callFrame: CallFrame }[]} nodes
 * @property {number} startTime microseconds of the monotonic clock, as `process.hrtime` has it
 * @property {number[]} samples ids of nodes
 * @property {number[]} timeDeltas microseconds from the sample before to this one
 */
/** @typedef {{ functionName: string, url: string, lineNumber: number }} CallFrame */
/** @typedef {{ from: number, to: number }} Span of the same clock, in microseconds */

/** What V8 calls time that is in no function. */
const SPECIAL = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'native code outside of any function'],
])
/** Functions without a file are native ones that JavaScript calls. */
const NATIVE = /^(write|shutdown|read|recv|send|accept|connect|close)/

/**
 * The part of the program that a function belongs to.
 * @param {CallFrame} frame
 */
function partOf({ functionName, url }) {
  const special = SPECIAL.get(functionName)
  if (special !== undefined) return special
  if (functionName.startsWith('RegExp: ')) return 'regular expressions'
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (library !== undefined && !library.startsWith('@sluice/')) return `library ${library}`
  const own = /\/packages\/([^/]+)\/(?:dist|src)\/(?:([^/]+)\/)?/.exec(url)
  if (own) return own[1] === 'gateway' ? `gateway: ${own[2] ?? 'itself'}` : String(own[1])
  if (url.includes('/bench/engines/')) return 'the engine itself'
  if (url.startsWith('node:')) return nodePart(url)
  return NATIVE.test(functionName) ? 'writes' : 'other native functions'
}

/** @param {string} url */
function nodePart(url) {
  if (/stream|net$|net:|tcp|writable|readable/.test(url)) return 'Node.js: streams and sockets'
  if (/http/.test(url)) return 'Node.js: HTTP'
  if (/timers|task_queues|process/.test(url)) return 'Node.js: timers and turns'
  if (/buffer/.test(url)) return 'Node.js: buffers'
  if (/abort|event_target/.test(url)) return 'Node.js: abort signals and events'
  return 'Node.js: the rest'
}

/** @param {CallFrame} frame */
function nameOf({ functionName, url, lineNumber }) {
  const file = url.split('/').at(-1) ?? ''
  return `${functionName || 'a function'}${file === '' ? '' : ` (${file}:${lineNumber + 1})`}`
}

/**
 * Microseconds by part and by function, of what was sampled in a span; without the time in which nothing was to do.
 * @param {CpuProfile} profile
 * @param {Span} span
 */
export function timesIn(profile, { from, to }) {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const parts = /** @type {Map<string, number>} */ (new Map())
  const functions = /** @type {Map<string, number>} */ (new Map())
  let at = profile.startTime
  let total = 0
  for (const [index, id] of profile.samples.entries()) {
    const micros = profile.timeDeltas[index] ?? 0
    at += micros
    const frame = frames.get(id)
    if (frame === undefined || at < from || at > to || frame.functionName === '(idle)') continue
    total += micros
    add(parts, partOf(frame), micros)
    add(functions, nameOf(frame), micros)
  }
  return { total, parts, functions }
}

/** @param {Map<string, number>} sums @param {string} name @param {number} more */
function add(sums, name, more) {
  sums.set(name, (sums.get(name) ?? 0) + more)
}
