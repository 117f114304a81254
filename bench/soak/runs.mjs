// The long runs of this folder by name, and what each does.
import { commandLine } from '../command-line.mjs'

/** @type {Readonly<Record<string, string>>} */
export const RUNS = {
  transport:
    'Completions of @sluice/client over sockets that are cut, stand still, are cancelled and joined late.',
  http: "OpenAI's interface under clients without manners, and responses that are cut off and read on.",
  fuzz: 'Frames of dialect 2 that nobody sane sends: every close has a documented code.',
  attack:
    "Strangers' paced answers beside sockets that send the heaviest requests the bounds allow.",
  stalled: 'Readers beside clients that ask for answers as fast as they come and never read.',
  sockets: 'What an idle socket costs.',
  streams: 'What an open stream costs, beside the bare pipe.',
  pseudonyms: 'No value found in annotated texts is in what the upstream receives.',
  'kill-rounds': '`kill -9` under load, time after time: the audit misses nothing that had ended.',
  'webhook-down':
    "The dashboard's receiver goes away under load: memory is bounded, each event counted.",
  'operations-cost': 'What audit and metrics cost of processor time.',
}

/**
 * The options of a run.
 * @template {Record<string, import('../command-line.mjs').Option>} T
 * @param {string} name
 * @param {T} options
 */
export function optionsOf(name, options) {
  return commandLine({ usage: `npm run soak -- ${name}`, about: RUNS[name] ?? '', options })
}
