/** One POST of JSON to a detector, and its answer: bounded, and every failure one of ours. */
import type { Dispatcher } from 'undici'
import { request } from '../undici.ts'
import { DetectorFailure } from './failure.ts'

/** A span takes some 80 bytes; a window of 4,000 characters has no more than some hundred. */
const MAX_ANSWER_BYTES = 1_048_576

export interface PostOptions {
  url: string
  headers: Readonly<Record<string, string>>
  apiKey: string | undefined
  dispatcher: Dispatcher
}

/** @throws DetectorFailure unless there is an answer of status 200 in JSON */
export async function postJson(
  body: unknown,
  { url, headers, apiKey, dispatcher }: PostOptions,
  signal: AbortSignal,
): Promise<unknown> {
  const text = await post(JSON.stringify(body), {
    dispatcher,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    url,
    signal,
  })
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own error would quote the answer.
    throw new DetectorFailure('invalid_answer', 'the answer is not JSON')
  }
}

type Request = { url: string; signal: AbortSignal } & NonNullable<Parameters<typeof request>[1]>

async function post(body: string, { url, ...options }: Request): Promise<string> {
  const response = await request(url, { ...options, body }).catch((error: Error) => {
    throw new DetectorFailure('unreachable', 'the detector cannot be reached', error)
  })
  if (response.statusCode !== 200) {
    await response.body.dump().catch(() => {})
    throw new DetectorFailure('invalid_answer', `the answer has status ${response.statusCode}`)
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) {
      throw new DetectorFailure('invalid_answer', `the answer has over ${MAX_ANSWER_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
