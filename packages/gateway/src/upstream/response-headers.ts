/** The headers of an upstream's answer, as undici tells them. */

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The value of a header, the first one if it came several times. */
export function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
