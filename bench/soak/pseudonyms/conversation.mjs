// A conversation that quotes what was said in the ways that programs do: answers in the history, arguments of a tool, its
// result as JSON with and without escape sequences.

/**
 * @param {readonly string[]} said what the person said, the last one now
 * @param {readonly string[]} answers to all but the last
 * @returns {object[]} messages of a request
 */
export function conversationOf(said, answers) {
  return said.flatMap((text, turn) => {
    const answer = answers[turn]
    const asked = { role: 'user', content: text }
    if (answer === undefined) return [asked]
    return [asked, ...lookup(text, turn), { role: 'assistant', content: answer }]
  })
}

/**
 * @param {string} text
 * @param {number} turn
 */
function lookup(text, turn) {
  const id = `call_${turn}`
  const called = { name: 'crm_lookup', arguments: inAscii({ query: text, [text]: true }) }
  const found = { found: [{ note: text, words: text.split(/[,;\n]/) }], of: turn }
  const content = turn % 2 === 0 ? JSON.stringify(found) : inAscii(found)
  return [
    { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: called }] },
    { role: 'tool', tool_call_id: id, content },
  ]
}

/**
 * JSON as Python writes it.
 * @param {unknown} value
 */
function inAscii(value) {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
