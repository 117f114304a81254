// The guard's benchmark: node run.mjs [--pii FILE] [--quick], or with --rates [--rivals] how often it is wrong.
// Needs a build.
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    pii: { type: 'string' },
    rivals: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rates: { type: 'boolean', default: false },
    shapes: { type: 'boolean', default: false },
  },
})
/** As it stands in the results: without the place of a file. */
const given = Object.entries(options).flatMap(([name, value]) => {
  if (value === false) return []
  return value === true ? [`--${name}`] : [`--${name} FILE`]
})
const command =
  given.length === 0 ? 'npm run bench:guard' : `npm run bench:guard -- ${given.join(' ')}`
if (options.rates || options.rivals)
  await (await import('./rates/rates.mjs')).rates({ ...options, command })
else await (await import('./engine-figures.mjs')).measureEngine({ ...options, command })
