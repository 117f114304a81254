// The texts of the guard's benchmark: English prose, the same with planted values, and texts made to hurt. All of them
// follow from a seed, so that every run on every machine measures the same.
import { createRandom } from './random.mjs'

const SENTENCES = [
  'The harbour was quiet when the first boats came back, and nobody spoke of the weather.',
  'A good index answers a question that you have not asked yet.',
  'She put the kettle on, opened the window and read the letter a second time.',
  'If a queue grows faster than it is emptied, no amount of memory will save the service.',
  'Most of the houses in the valley were built before the road, which explains their doors.',
  'You can simplify the expression by moving the constant out of the loop.',
  'He had promised to call, but the train was late and the battery was flat.',
  'Water boils at a lower temperature in the mountains, so the beans take longer.',
  'The committee agreed on almost everything except the colour of the bridge.',
  'To undo the last change, choose the entry in the history and confirm it.',
  "It isn't the error that costs time, it's the hour before somebody notices it.",
  'Three of the seven samples were lost; the other four showed the same pattern.',
  'Some birds return to the very same tree every spring, even after a storm.',
  'Read the contract slowly, and ask about each word that you would not use yourself.',
  'The recipe says 250 grams of flour, two eggs and a pinch of salt.',
  'In 1969 the survey covered 12 districts; by 2004 it covered 31.',
  'Type hints help the reader first, the editor second, and the compiler last.',
  'Her grandmother kept bees, and she still measures the summer by their sound.',
  'A cache is a promise that the past looks like the future.',
  'The museum opens at ten, closes at six, and is free on the first Sunday of the month.',
  'There are two ways to tune a piano, and both of them begin with listening.',
  'When the list is empty the function returns nothing, which is not the same as zero.',
  'They walked along the canal until the lamps went out one after the other.',
  'Start with the smallest example that fails; it is usually smaller than you think.',
  'The proposal (see the second appendix) was accepted without a vote.',
  'Nobody remembers who planted the orchard, but everybody knows whose turn it is to prune it.',
]

/** Values that are published as examples, none of them anybody's. */
const VALUES = [
  '4111 1111 1111 1111',
  '5555555555554444',
  '378282246310005',
  'jo.doe@example.org',
  'accounts.payable@mail.example.co.uk',
  '078-05-1120',
  'GB33BUKB20201555555555',
  'DE89 3704 0044 0532 0130 00',
  '+1-984-182-0190',
  '(212) 555-0123',
  'AKIAIOSFODNN7EXAMPLE',
]

/** Prose of at least `length` units without any value. @param {number} length */
export function prose(length, seed = 7) {
  const random = createRandom(seed)
  const parts = []
  for (let size = 0; size < length; ) {
    const sentence = SENTENCES[random(SENTENCES.length)] ?? ''
    parts.push(sentence, random(6) === 0 ? '\n\n' : ' ')
    size += sentence.length + 1
  }
  return parts.join('')
}

/** Prose with a value after about every fourth sentence; `planted` are the values in order. @param {number} length */
export function proseWithValues(length, seed = 11) {
  const random = createRandom(seed)
  const parts = []
  /** @type {string[]} */
  const planted = []
  for (let size = 0; size < length; ) {
    let sentence = SENTENCES[random(SENTENCES.length)] ?? ''
    if (random(4) === 0) {
      const value = VALUES[random(VALUES.length)] ?? ''
      planted.push(value)
      sentence = `${sentence.slice(0, -1)}: ${value}.`
    }
    parts.push(sentence, ' ')
    size += sentence.length + 1
  }
  return { text: parts.join(''), planted }
}

/**
 * Texts that make pattern matchers slow: long runs, near misses, endless beginnings, many states.
 * @param {number} length
 * @returns {Record<string, string>}
 */
export function adversarial(length) {
  const random = createRandom(5)
  /** @param {string | readonly string[]} alphabet */
  const from = (alphabet) =>
    Array.from({ length }, () => alphabet[random(alphabet.length)])
      .join('')
      .slice(0, length)
  /** @param {string} part */
  const repeated = (part) => part.repeat(Math.ceil(length / part.length)).slice(0, length)
  return {
    'one letter': repeated('a'),
    'one digit': repeated('1'),
    dashes: repeated('-'),
    'a@a.': repeated('a@a.'),
    'ab:ab:': repeated('ab:ab:'),
    '1.1.': repeated('1.1.'),
    'long address': repeated(`${'a'.repeat(400)}@b${'.co'.repeat(120)} `),
    'nothing but valid cards': repeated('4111 1111 1111 1111 '),
    'nothing but phone numbers': repeated('0044 '),
    'the same, disguised': repeated('00461 \u200b00243 '),
    'card with a wrong check digit': repeated('4111 1111 1111 1112 '),
    'IBAN with wrong check digits': repeated('GB12 AAAA '),
    'random beginnings of an IBAN': from(['AB12 ', '3-', 'x-']),
    'zero-width flood': repeated('4\u200b'),
    'random digits and separators': from('0123456789 -.()+'),
    'random beginnings of matches': from([
      ...[
        '4111 ',
        '-',
        '123-45-',
        'GB33 ',
        'a@',
        'b.',
        'co ',
        'http://',
        'eyJ',
        '.',
        '+46 ',
        '(0)',
      ],
      ...[
        '8 ',
        '1.2.3',
        '::',
        'ssn ',
        'born ',
        'phone ',
        '12 March ',
        '-----',
        'BEGIN ',
        'AKIA',
        'x',
      ],
    ]),
  }
}

/** Made-up words of 5 to 10 letters, all different. @param {number} count */
export function inventedTerms(count) {
  const random = createRandom(3)
  /** @type {Set<string>} */
  const terms = new Set()
  while (terms.size < count) {
    let term = ''
    for (let left = 5 + random(6); left > 0; left -= 1) {
      term += String.fromCharCode(97 + random(26))
    }
    terms.add(term)
  }
  return [...terms]
}

/** A text in deltas of 2 to 7 units, as models send them. @param {string} text */
export function inDeltas(text, seed = 13) {
  const random = createRandom(seed)
  const deltas = []
  for (let at = 0; at < text.length; ) {
    const size = 2 + random(6)
    deltas.push(text.slice(at, at + size))
    at += size
  }
  return deltas
}

/** A text in blocks of 16 Ki units. @param {string} text */
export function inBlocks(text) {
  const blocks = []
  for (let at = 0; at < text.length; at += 16_384) blocks.push(text.slice(at, at + 16_384))
  return blocks
}
