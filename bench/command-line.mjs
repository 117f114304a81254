// The command line of a benchmark or of a long run: one table of its options makes `--help`, the defaults and the checks.
import { parseArgs } from 'node:util'

/**
 * The type of the default is that of the value: a whole number from 0, a text, or a flag. Without one it is a text, or none.
 * @typedef {object} Option
 * @property {number | string | boolean} [default]
 * @property {string} means
 * @property {string} [takes] what a text is, in capitals; default TEXT
 */

/**
 * @template T
 * @typedef {T extends { default: number } ? number
 *   : T extends { default: boolean } ? boolean
 *   : T extends { default: string } ? string
 *   : string | undefined} ValueOf
 */

/**
 * Reads the arguments. `--help` prints and ends the process with 0, a mistake with 1 and a line that says what is wrong.
 * @template {Record<string, Option>} T
 * @param {{ usage: string, about: string, options: T }} command `usage` is what one types before the options
 * @returns {{ [K in keyof T]: ValueOf<T[K]> }}
 */
export function commandLine({ usage, about, options }) {
  try {
    const { help, ...values } = parse(options)
    if (help === true) {
      console.log(helpText({ usage, about, options }))
      process.exit(0)
    }
    const entries = Object.entries(options).map(([name, option]) => [
      name,
      checked(name, values[name], option),
    ])
    return /** @type {{ [K in keyof T]: ValueOf<T[K]> }} */ (Object.fromEntries(entries))
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n(${usage} --help says what there is)`)
    process.exit(1)
  }
}

/** @param {Record<string, Option>} options @returns {Record<string, string | boolean | undefined>} */
function parse(options) {
  const types = Object.entries(options).map(([name, option]) => {
    const isFlag = typeof option.default === 'boolean'
    return [name, { type: isFlag ? 'boolean' : 'string' }]
  })
  const known = Object.fromEntries([...types, ['help', { type: 'boolean', short: 'h' }]])
  const { values } = parseArgs({ options: known })
  return /** @type {Record<string, string | boolean | undefined>} */ (values)
}

/**
 * @param {string} name
 * @param {string | boolean | undefined} given
 * @param {Option} option
 */
function checked(name, given, { default: value }) {
  if (given === undefined || typeof value !== 'number') return given ?? value
  if (/^\d+$/.test(String(given))) return Number(given)
  throw new Error(`--${name} takes a whole number, not ${JSON.stringify(given)}`)
}

/** @param {{ usage: string, about: string, options: Record<string, Option> }} command */
function helpText({ usage, about, options }) {
  const rows = Object.entries(options).map(([name, option]) => [
    typeof option.default === 'boolean'
      ? `--${name}`
      : `--${name} ${typeof option.default === 'number' ? 'N' : (option.takes ?? 'TEXT')}`,
    option.default === undefined || option.default === false
      ? option.means
      : `${option.means} (default ${option.default})`,
  ])
  const all = [...rows, ['--help', 'this text']]
  const width = Math.max(...all.map(([left = '']) => left.length))
  const lines = all.map(([left = '', right]) => `  ${left.padEnd(width)}  ${right}`)
  return `Usage: ${usage} [options]\n\n${about}\n\n${lines.join('\n')}`
}
