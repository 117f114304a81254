/** The completions in flight: which one has which id on which link, and what waits for one. Touches no socket. */
import type { Flight, Link } from './flight.ts'
import type { ServerFrame } from './server-frame.ts'
import type { SluiceError } from './sluice-error.ts'

export class InFlight {
  readonly #flights = new Set<Flight>()
  /** Ids are never used twice, so what comes late for an old one finds nobody. */
  readonly #byId = new Map<string, Flight>()
  #lastId = 0

  get size(): number {
    return this.#flights.size
  }

  /** Whether one waits for a link. */
  get isWaiting(): boolean {
    return [...this.#flights].some((flight) => flight.isWaiting)
  }

  isOn(link: Link): boolean {
    return [...this.#flights].some((flight) => flight.link === link)
  }

  add(flight: Flight): void {
    this.#flights.add(flight)
  }

  remove(flight: Flight): void {
    this.unlink(flight)
    this.#flights.delete(flight)
  }

  /** Asks for all that wait. */
  askAll(link: Link): void {
    for (const flight of this.#flights) if (flight.isWaiting) this.#ask(flight, link)
  }

  /** Takes a completion's id away; frames that still come for it are ignored. */
  unlink(flight: Flight): void {
    if (flight.id !== undefined) this.#byId.delete(flight.id)
    flight.unlink()
  }

  /** All that were on a link wait for another one. */
  unlinkAll(link: Link): void {
    for (const flight of this.#flights) if (flight.link === link) this.unlink(flight)
  }

  receive(frame: ServerFrame): void {
    if ('id' in frame) this.#byId.get(frame.id)?.receive(frame)
  }

  /** Fails all that wait. */
  failWaiting(error: SluiceError): void {
    for (const flight of [...this.#flights]) if (flight.isWaiting) flight.fail(error)
  }

  failAll(error: SluiceError): void {
    for (const flight of [...this.#flights]) flight.fail(error)
  }

  #ask(flight: Flight, link: Link): void {
    this.#lastId += 1
    const id = String(this.#lastId)
    this.#byId.set(id, flight)
    flight.ask(id, link)
  }
}
