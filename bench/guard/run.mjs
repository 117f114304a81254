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
const command = `npm run bench:guard -- ${process.argv.slice(2).join(' ')}`.trim()
if (options.rates) await (await import('./rates/rates.mjs')).rates({ ...options, command })
else await (await import('./engine-figures.mjs')).measureEngine({ ...options, command })
