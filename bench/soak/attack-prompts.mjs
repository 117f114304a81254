// The heaviest requests that the gateway's bounds allow, each made once: what makes the guard find, counting count, the
// parser parse and memory fill. Payloads of dialect 2 as JSON text, about as large as a message may be.

/** A message may have 4 MiB; the rest is for what stands around the payload. */
const BYTES = 4 * 1024 * 1024 - 2_048
/** Below the most JSON values of a message. */
const VALUES = 19_900
/** Below the deepest nesting of a message. */
const DEPTH = 24

/** @param {unknown} content */
const asking = (content, model = 'silent', more = {}) =>
  JSON.stringify({ modelId: model, messages: [{ role: 'user', content }], ...more })

/** As many repetitions as fit. @param {string} piece */
const full = (piece) => piece.repeat(Math.floor((BYTES - 200) / Buffer.byteLength(piece)))

/** @param {number} count @param {(index: number) => unknown} valueAt */
const wide = (count, valueAt) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, valueAt(i)]))

/** @returns {unknown} */
function deep(levels = DEPTH) {
  return levels === 0 ? 'x' : { properties: deep(levels - 1) }
}

/** @param {object} parameters */
const tools = (parameters) => ({
  tools: [{ type: 'function', function: { name: 'f', parameters } }],
})

/** @param {string} args */
function toolCall(args) {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: args } }
  return JSON.stringify({
    modelId: 'silent',
    messages: [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ],
  })
}

/** Each cuts itself to size. @type {Readonly<Record<string, () => string>>} */
const MAKERS = {
  'e-mail addresses': () => asking(full('ann@example.com ')),
  'card numbers': () => asking(full('4111111111111111 ')),
  'digits that begin everything': () => asking(full('4111 ')),
  'one word of letters': () => asking(full('a')),
  'letters that differ': () => asking(full('qzjxkvbwpyfmgcul')),
  'Chinese without a blank': () => asking(full('東京都渋谷区')),
  'letters beside one that is wider': () => asking(`東${full('a b c d ').slice(8)}`),
  'escaped letters': () => asking(full('é"\n').slice(0, BYTES / 3)),
  emoji: () => asking(full('👩‍👩‍👧')),
  'ordinary words': () => asking(full('the word and ')),
  'escape sequences': () => asking(full('\\').slice(0, BYTES / 2 - 200)),
  'a document of JSON': () =>
    asking(`[${full('"a",').slice(0, BYTES / 2)}"b"]`.slice(0, BYTES / 2)),
  'arguments of a tool, escaped twice': () =>
    toolCall(JSON.stringify({ a: JSON.stringify({ b: 'x"y '.repeat(BYTES / 12) }) })),
  'thousands of messages': () =>
    JSON.stringify({
      modelId: 'silent',
      messages: Array.from({ length: 1_000 }, () => ({ role: 'user', content: 'x'.repeat(4_000) })),
    }),
  'a wide format': () => asking('x', 'silent', { responseFormat: wide(VALUES, (i) => i) }),
  'one long name of a field': () =>
    asking('x', 'silent', { responseFormat: { [full('4111 ')]: 1 } }),
  'one long value of a name': () =>
    asking('x', 'silent', { responseFormat: { name: full('4111111111111111 ') } }),
  'a wide tool of long texts': () =>
    asking('x', 'silent', tools(wide(VALUES, () => 'ann@example.com '.repeat(11)))),
  'a deep and wide tool': () => asking('x', 'silent', tools(wide(VALUES / 32, () => deep()))),
  'a long window that is exceeded': () => asking(full('a b c d '), 'small'),
  'no JSON': () => `${asking(full('x')).slice(0, -2)}`,
  'an answer that pours': () => asking('x', 'pouring'),
  'an answer that pours extensions': () => asking('x', 'extending'),
}

/**
 * All of them, by what they are.
 * @returns {Map<string, Buffer>}
 */
export function heaviestPrompts() {
  const prompts = Object.entries(MAKERS).map(([name, make]) => [name, Buffer.from(make())])
  return new Map(/** @type {[string, Buffer][]} */ (prompts))
}
