// `npm run bench:guard`: the guard's benchmark, or with --rates how often it is wrong. Needs a build.
import { commandLine } from '../command-line.mjs'

const options = commandLine({
  usage: 'npm run bench:guard --',
  about:
    'Measures the guard alone: speed, hold, growth, memory; with --rates how often it is wrong.',
  options: {
    rates: {
      default: false,
      means: 'how often it is wrong; writes results/guard-rates.json and .md',
    },
    rivals: { default: false, means: 'the same, beside other libraries, which it installs' },
    shapes: { default: false, means: 'with --rates: where each false alarm is, and its shape' },
    quick: { default: false, means: 'fewer texts; writes nothing' },
    pii: { takes: 'FILE', means: 'annotated texts in the format of presidio-research, too' },
  },
})
/** As it stands in the results: without the place of a file. */
const given = Object.entries(options).flatMap(([name, value]) => {
  if (value === false || value === undefined) return []
  return value === true ? [`--${name}`] : [`--${name} FILE`]
})
const command =
  given.length === 0 ? 'npm run bench:guard' : `npm run bench:guard -- ${given.join(' ')}`
if (options.rates || options.rivals)
  await (await import('./rates/rates.mjs')).rates({ ...options, command })
else await (await import('./engine-figures.mjs')).measureEngine({ ...options, command })
