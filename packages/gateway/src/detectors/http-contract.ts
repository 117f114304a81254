/** The contract of `kind: http`: what a detector of one's own is sent, and what it answers. Published as JSON Schema. */
import { z } from 'zod'

const fraction = z.number().min(0).max(1)
const entity = z.string().min(1).max(64)

export const detectRequest = z
  .object({
    text: z.string().describe('The text to judge, of 4,000 UTF-16 units at most.'),
    language: z.string().optional().describe('BCP 47, where it is configured.'),
    entities: z.array(entity).describe('What is asked for; anything else is dropped.'),
  })
  .meta({ id: 'DetectRequest', description: 'The body of the POST.' })

export type DetectRequest = z.infer<typeof detectRequest>

export const detectAnswer = z
  .object({
    spans: z
      .array(
        z.object({
          entity,
          start: z.int().min(0).describe('Offset in the text.'),
          end: z.int().min(0).describe('Offset behind the last character.'),
          score: fraction.describe('Confidence.'),
        }),
      )
      .max(10_000),
    offsets: z
      .enum(['utf16', 'code_points'])
      .optional()
      .describe('What offsets count: UTF-16 units (default), or code points, as in Python.'),
    moderation: z
      .array(z.object({ category: entity, score: fraction }))
      .max(100)
      .optional()
      .describe('Verdicts on the text as a whole: each is a finding over all of it.'),
  })
  .meta({ id: 'DetectAnswer', description: 'The answer, with status 200.' })

/** The JSON Schema (draft 2020-12) of both. */
export function detectorJsonSchema(): object {
  return {
    ...z.toJSONSchema(z.union([detectRequest, detectAnswer]), { io: 'input' }),
    title: 'The contract of an HTTP detector',
  }
}
