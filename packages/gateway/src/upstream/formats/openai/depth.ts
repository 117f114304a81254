/** A bound for how deep an upstream nests: what walks through a value takes a frame of the stack for each level. */
import { JsonBounds } from '../../../json-bounds.ts'
import { invalidChunk } from './chunk-fields.ts'

/** No argument of a real tool comes near; some clients' parsers end at a thousand. */
const MAX_DEPTH = 128

/** @throws GatewayError `upstream_invalid_stream` */
export function refuseDeep(json: string): void {
  // Each level takes two characters.
  if (json.length <= 2 * MAX_DEPTH) return
  const bounds = new JsonBounds({ depth: MAX_DEPTH, values: Number.POSITIVE_INFINITY })
  if (bounds.add(json) !== undefined) throw invalidChunk(`is nested deeper than ${MAX_DEPTH}`)
}
