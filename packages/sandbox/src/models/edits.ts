/** Ways to damage or decorate the events of a finished answer; each takes the data of all events and returns new ones. */

import { doneMark } from '../chunks.ts'
import { asObject, asObjects, type JsonObject, parseObject } from '../json.ts'

/** Changes the data of a stream's events. */
export type Edit = (events: string[]) => string[]

/** Size of the huge event in bytes. */
const hugeEventBytes = 10 * 1024 * 1024

const errorEvent = JSON.stringify({
  error: {
    message: 'The model is overloaded.',
    type: 'server_error',
    param: null,
    code: 'overloaded',
  },
})

const firstHalf: Edit = (events) => events.slice(0, Math.ceil(events.length / 2))
const secondHalf: Edit = (events) => events.slice(Math.ceil(events.length / 2))

/** Ends in the middle: no finish reason, no end mark. */
export const truncate = firstHalf

/** Leaves out the end mark. */
export const dropDone: Edit = (events) => events.filter((data) => data !== doneMark)

/** An error object is the only event. */
export const onlyError: Edit = () => [errorEvent]

/** An error object in the middle ends the stream. */
export const errorInside: Edit = (events) => [...firstHalf(events), errorEvent]

/** An event in the middle is broken JSON. */
export const breakJson: Edit = (events) => [
  ...firstHalf(events),
  '{"choices":[{"delta":{"content":"bro',
  ...secondHalf(events),
]

/** An event in the middle has 10 MB. */
export const insertHuge: Edit = (events) => {
  const huge = {
    choices: [{ index: 0, delta: { content: 'x'.repeat(hugeEventBytes) }, finish_reason: null }],
  }
  return [...firstHalf(events), JSON.stringify(huge), ...secondHalf(events)]
}

/** Text follows the finish reason. */
export const textAfterFinish: Edit = (events) => {
  const late = {
    choices: [{ index: 0, delta: { content: ' And one thing more.' }, finish_reason: null }],
  }
  const body = dropDone(events)
  return [...body, JSON.stringify(late), ...events.slice(body.length)]
}

/** Every object of a chunk carries fields that nobody knows, some of them with text. */
export const addUnknownFields: Edit = (events) =>
  events.map((data) => {
    const chunk = parseObject(data)
    return chunk === undefined ? data : JSON.stringify(decorate(chunk))
  })

function decorate(chunk: JsonObject): JsonObject {
  const extra = { x_sandbox: { note: 'jane.doe@example.com' }, obfuscation: 'aZ3' }
  const choices = asObjects(chunk.choices).map((choice) => ({
    ...choice,
    ...extra,
    delta: { ...asObject(choice.delta), ...extra },
  }))
  return { ...chunk, ...extra, choices }
}
