/**
 * The first seconds of a socket: finds out whose it is, by the upgrade's credential or a first `hello`, and then hands
 * every message on to the session of its dialect.
 *
 *   checking --accepted--> open          (reading is paused while a credential is checked; what was read waits)
 *   waiting --hello--> checking          (no credential came with the upgrade, and one is needed)
 *   any --refused or late--> closed
 */
import { CLOSE_CODES, type GoawayFrame } from '@sluice/protocol'
import type { AuthResult } from '../clients/auth-result.ts'
import type { Client } from '../clients/client.ts'
import type { CredentialResult } from '../clients/credential.ts'
import type { Principal } from '../clients/principal.ts'
import { type Incoming, LARGE_BYTES } from '../dialects/incoming.ts'
import type { Intake } from '../dialects/intake.ts'
import type { Session } from '../dialects/session.ts'
import { GatewayError } from '../errors.ts'
import type { AcceptedSocket } from '../socket/socket.ts'
import { atEndOfTurn } from '../turn.ts'

export interface ConnectionOptions {
  socket: AcceptedSocket
  address: string
  /** Checks a credential; undefined is a client without one. */
  authenticate: (credential: string | undefined) => Promise<AuthResult>
  /** Makes the session of a known client; throws a GatewayError if it may not have one more socket. */
  admit: (client: Client) => Session
  intake: Intake
  /** Told of each refusal, for the audit. */
  refused: (reason: string) => void
  helloTimeoutMs: number
  maxHelloBytes: number
  /** Whether a client without a credential is refused. */
  needsCredential: boolean
  /** The dialect has a first frame that says who asks, also where no credential is needed. */
  beginsWithHello: boolean
}

/** What is looked at of a message that is refused unread. */
const START_BYTES = 1_024

/** Small messages that are read of a socket in a turn of the event loop, before it waits for a turn of its client. */
const MAX_SMALL_IN_TURN = 64

/** A client whose socket is open, and what it speaks. */
interface Admitted {
  client: Client
  session: Session
  /** A message that has begun to come. */
  incoming: Incoming
}

export class Connection {
  readonly #options: ConnectionOptions
  #admitted: Admitted | undefined
  #timer: NodeJS.Timeout | undefined
  #isChecking = false
  #isReading = false
  #isResting = false
  #isClosed = false
  /** Small messages that came in this turn. */
  #small = 0
  /** What waits to be read: a large message, or what came in one packet with it or the `hello` before reading paused. */
  readonly #waiting: Buffer[] = []
  /** Ends the reading of a large message when the socket is gone. */
  #largeMessage: AbortController | undefined
  /** What is to be told as soon as there is a session. */
  #notice: Omit<GoawayFrame, 'type'> | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get principal(): Principal | undefined {
    return this.#admitted?.client.principal
  }

  get isBusy(): boolean {
    return this.#admitted?.session.isBusy ?? false
  }

  get isBehind(): boolean {
    return this.#admitted?.session.isBehind ?? false
  }

  /** Begins with the credential of the upgrade. */
  async begin(read: CredentialResult): Promise<void> {
    const { socket, maxHelloBytes, helloTimeoutMs, needsCredential, beginsWithHello } =
      this.#options
    if (needsCredential) socket.limitBytes(maxHelloBytes)
    if (!read.ok) return this.#refuse(read.reason, CLOSE_CODES.unauthorized.code, read.message)
    const { credential } = read
    if (credential !== undefined || !(needsCredential || beginsWithHello)) {
      return await this.#check(credential)
    }
    this.#timer = setTimeout(() => this.#withoutHello(), helloTimeoutMs)
  }

  onMessage(data: Buffer): void {
    if (this.#isClosed) return
    const admitted = this.#admitted
    const mustWait = this.#isReading || data.length > LARGE_BYTES
    if (admitted !== undefined && !mustWait) {
      admitted.session.onMessage(this.#options.intake.small(data))
      this.#noteSmall(admitted)
    } else if (admitted !== undefined || this.#isChecking) {
      this.#waiting.push(data)
      if (admitted !== undefined && !this.#isReading) void this.#read(admitted)
    } else {
      void this.#hello(data)
    }
  }

  onDrain(): void {
    this.#admitted?.session.onDrain()
  }

  goAway(notice: Omit<GoawayFrame, 'type'>): void {
    this.#notice = notice
    this.#admitted?.session.goAway?.(notice)
  }

  abandon(): void {
    this.#admitted?.session.abandon()
  }

  onClose(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#largeMessage?.abort()
    this.#admitted?.incoming.release()
    this.#admitted?.session.onClose()
  }

  /** No first frame came in time: where everybody is served, that is a client without a credential. */
  #withoutHello(): void {
    const { helloTimeoutMs, needsCredential } = this.#options
    const why = `no credential within ${helloTimeoutMs} ms`
    if (needsCredential) this.#refuse('no_hello', CLOSE_CODES.noHello.code, why)
    else void this.#check(undefined)
  }

  async #hello(data: Buffer): Promise<void> {
    clearTimeout(this.#timer)
    const { maxHelloBytes, needsCredential } = this.#options
    if (needsCredential && data.length > maxHelloBytes) {
      const why = `over ${maxHelloBytes} bytes before authentication`
      return this.#refuse('malformed', CLOSE_CODES.tooBig.code, why)
    }
    const hello = data.length > maxHelloBytes ? undefined : readHello(data.toString('utf8'))
    if (needsCredential && hello?.token === undefined) {
      const expected = 'a credential is needed: send {"type":"hello","token":"..."} first'
      return this.#refuse('missing', CLOSE_CODES.unauthorized.code, expected)
    }
    // Anything else than a hello is a first frame like any other.
    if (hello === undefined) this.#waiting.push(data)
    await this.#check(hello?.token)
  }

  async #check(credential: string | undefined): Promise<void> {
    const { socket, authenticate } = this.#options
    this.#isChecking = true
    socket.pause()
    socket.unlimitBytes()
    const result = await authenticate(credential)
    if (this.#isClosed) return
    if (!result.ok)
      return this.#refuse(result.reason, CLOSE_CODES.unauthorized.code, result.message)
    try {
      this.#admitted = this.#admit(result.principal)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return this.#refuse(error.code, CLOSE_CODES[error.row.close ?? 'quota'].code, error.message)
    }
    if (this.#notice !== undefined) this.#admitted.session.goAway?.(this.#notice)
    await this.#read(this.#admitted)
  }

  #admit(principal: Principal): Admitted {
    const { socket, address, admit, intake } = this.#options
    const client = { principal, address }
    const incoming = intake.incoming(client, {
      pause: () => socket.pause(),
      resume: () => {
        if (!this.#isReading && !this.#isResting) socket.resume()
      },
    })
    socket.meterInput((bytes) => this.#note(incoming, bytes))
    return { client, session: admit(client), incoming }
  }

  #note(incoming: Incoming, bytes: number): void {
    if (this.#isClosed) return
    try {
      incoming.note(bytes)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#options.socket.close(CLOSE_CODES.tryLater.code, error.message)
    }
  }

  /** Reads what waits, in its order; meanwhile nothing more comes in. */
  async #read(admitted: Admitted): Promise<void> {
    const { socket } = this.#options
    this.#isReading = true
    socket.pause()
    for (let data = this.#waiting.shift(); data !== undefined; data = this.#waiting.shift()) {
      if (this.#isClosed) return
      if (data.length > LARGE_BYTES) await this.#readLarge([data], admitted)
      else admitted.session.onMessage(this.#options.intake.small(data))
    }
    this.#isReading = false
    if (!this.#isResting) socket.resume()
  }

  #noteSmall(admitted: Admitted): void {
    if (this.#small === 0) atEndOfTurn(this.#endTurn)
    this.#small += 1
    if (this.#small === MAX_SMALL_IN_TURN && !this.#isResting) void this.#rest(admitted)
  }

  #endTurn = (): void => {
    this.#small = 0
  }

  /** Reads no more until it is the client's turn: all its sockets together get what one packet brings an iteration. */
  async #rest({ client }: Admitted): Promise<void> {
    const { socket, intake } = this.#options
    this.#isResting = true
    socket.pause()
    await intake.turn(client)
    this.#isResting = false
    if (!this.#isReading && !this.#isClosed) socket.resume()
  }

  async #readLarge(chunks: Buffer[], { client, session }: Admitted): Promise<void> {
    const start = chunks[0]?.toString('utf8', 0, START_BYTES) ?? ''
    this.#largeMessage = new AbortController()
    const { signal } = this.#largeMessage
    try {
      if (session.refusalUnread !== undefined) throw session.refusalUnread
      await this.#options.intake.read({ client, signal }, chunks, (message) => {
        if (!this.#isClosed) session.onMessage(() => message)
      })
    } catch (error) {
      if (!this.#isClosed) session.refuse(error, start)
    }
  }

  #refuse(reason: string, code: number, text: string): void {
    this.#options.refused(reason)
    this.#options.socket.close(code, text)
    this.#isClosed = true
  }
}

/** The token of a `hello`, if it has one; undefined if the message is anything else. */
function readHello(text: string): { token: string | undefined } | undefined {
  try {
    const { type, token } = JSON.parse(text) as { type?: unknown; token?: unknown }
    if (type !== 'hello') return undefined
    return { token: typeof token === 'string' && token !== '' ? token : undefined }
  } catch {
    return undefined
  }
}
