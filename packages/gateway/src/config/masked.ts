/** Shows a value without the secrets that a URL can carry: its user part and the values of its query. */

/** Everything up to the last `@` before the path, with a scheme or without one. */
const USER_PART = /^([a-z][a-z0-9+.-]*:)?(\/\/)?[^/?#\s]*@/i
const QUERY_VALUE = /([?&][^=&#\s]*=)[^&#\s]*/g

/** Text in which a user part and the values of a query are `***`; other text stays as it is. */
export function masked(text: string): string {
  return text
    .split(/(?=\s)/)
    .map((part) =>
      part
        .replace(USER_PART, (_, scheme = '', slashes = '') => `${scheme}${slashes}***@`)
        .replace(QUERY_VALUE, '$1***'),
    )
    .join('')
}
