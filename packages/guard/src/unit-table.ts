// A function of UTF-16 units as a table that is filled as units come: most texts have a hundred of the 65,536.

const UNITS = 0x10000

export class UnitTable {
  /** By unit: its value, 0 as long as nobody has asked for it. */
  readonly cells = new Uint16Array(UNITS)
  readonly #find: (unit: number) => number

  /** @param find of a unit from 0 to 0xffff, a whole number from 1 to 0xffff */
  constructor(find: (unit: number) => number) {
    this.#find = find
  }

  at(unit: number): number {
    const known = this.cells[unit] ?? 0
    return known === 0 ? this.#fill(unit) : known
  }

  #fill(unit: number): number {
    const value = this.#find(unit)
    this.cells[unit] = value
    return value
  }
}
