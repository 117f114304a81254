/** The message before any dialect: a client that can neither set a header nor offer a key as subprotocol says who it is. */

/** client -> server: a credential, first of all, where one is needed and the upgrade brought none. */
export interface HelloMessage {
  type: 'hello'
  /** A client key or a token. */
  token: string
}
