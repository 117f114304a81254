/** A text in deltas, as the guard gets them: with what detectors find, and where it is an answer in the segments they judge. */
import { judge } from '@sluice/gateway'
import { type Detection, type Direction, Segmenter, type Span } from '@sluice/guard'

export interface JudgedPiece {
  piece: string
  /** What begins in the piece, or for a request in the whole text, at offsets of the text. */
  spans: readonly Span[]
  /** Characters that wait for the end of their segment. */
  waiting: number
}

interface PiecesOptions {
  /** Characters of a delta. */
  delta: number
  detection: Detection | undefined
  direction: Direction
  /** Told the name of each detector that could not judge a text that passes all the same. */
  onUnjudged: (detector: string) => void
}

const { signal } = new AbortController()

/** @throws GatewayError `overloaded` if a detector fails and the policy does not let such a text pass */
export async function* judgedPieces(
  text: string,
  { delta, detection, direction, onUnjudged }: PiecesOptions,
): AsyncGenerator<JudgedPiece> {
  const isAnswer = direction === 'output' && detection !== undefined
  const judged = async (segment: string, from: number): Promise<Span[]> => {
    const spans = detection && (await judge(detection, segment, { signal, onUnjudged }))
    return (spans ?? []).map((span) => ({
      ...span,
      start: span.start + from,
      end: span.end + from,
    }))
  }
  const segmenter = new Segmenter()
  let seen = 0
  for (let start = 0; start < text.length; start += delta) {
    const piece = text.slice(start, start + delta)
    if (!isAnswer) {
      yield { piece, spans: start === 0 ? await judged(text, 0) : [], waiting: 0 }
      continue
    }
    const segments = segmenter.push(piece)
    if (start + delta >= text.length) segments.push(segmenter.end())
    const spans: Span[] = []
    for (const segment of segments) {
      if (segment !== '') spans.push(...(await judged(segment, seen)))
      seen += segment.length
    }
    yield { piece: segments.join(''), spans, waiting: segmenter.held }
  }
}
