/** From a client's message to a valid frame of dialect 2. */
import type { Dialect2ClientFrame } from '@sluice/protocol'
import { DIALECT_2_LIMITS, ERROR_TEXTS } from '@sluice/protocol'
import { clientFrameSchemas } from '@sluice/protocol/frame-schemas'
import { GatewayError } from '../../errors.ts'
import { invalidRequest, type MessageLimits, refuseTooManyMessages } from '../message.ts'

export interface FrameReaderOptions extends MessageLimits {
  maxContentCharacters: number
  extensionFields?: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

export class FrameReader {
  readonly #options: FrameReaderOptions
  readonly #schemas: ReturnType<typeof clientFrameSchemas>

  constructor(options: FrameReaderOptions) {
    this.#options = options
    this.#schemas = clientFrameSchemas(options)
  }

  /** The name that an answer to a message can carry; undefined if it has none that can be read. */
  idOf({ type, id }: Fields): string | undefined {
    return this.#isKnown(type) ? nameOf(id) : undefined
  }

  /** @throws GatewayError `unknown_type` or `invalid_request` */
  check(fields: Fields): Dialect2ClientFrame {
    const { type } = fields
    if (!this.#isKnown(type)) {
      const known = Object.keys(this.#schemas).join(', ')
      throw new GatewayError('unknown_type', `${ERROR_TEXTS.invalidType}: expected one of ${known}`)
    }
    refuseTooManyMessages(fields.payload, this.#options)
    const result = this.#schemas[type].safeParse(fields)
    if (!result.success) throw invalidRequest(result.error, { whole: type })
    return result.data
  }

  #isKnown(type: unknown): type is keyof ReturnType<typeof clientFrameSchemas> {
    return typeof type === 'string' && Object.hasOwn(this.#schemas, type)
  }
}

/** `{"type":"init","id":"a"`, in either order: how a frame begins whose sender wants to hear which one was refused. */
const START = /^\s*\{\s*(?:"type"\s*:\s*"init"\s*,\s*)?"id"\s*:\s*("(?:[^"\\]|\\.)*")\s*,/
const START_CHARACTERS = 1_024

/** The `id` of a frame that is not read, if it stands at its beginning. */
export function idAtStart(text: string): string | undefined {
  const [, json] = START.exec(text.slice(0, START_CHARACTERS)) ?? []
  if (json === undefined) return undefined
  try {
    return nameOf(JSON.parse(json))
  } catch {
    return undefined
  }
}

function nameOf(id: unknown): string | undefined {
  const isName = typeof id === 'string' && id !== '' && id.length <= DIALECT_2_LIMITS.idCharacters
  return isName ? id : undefined
}
