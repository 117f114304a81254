/** The kinds of value that a setting can have: how each is written in a variable and in YAML, and what is allowed. */
import { z } from 'zod'
import { labelNameSchema, MAX_LABELS } from '../clients/labels.ts'

/** A kind of value: one schema for both sources, and how a variable's text becomes its input. */
export interface Kind<T> {
  schema: z.ZodType<T>
  /** Reads a variable; the schema judges the result. */
  fromText: (text: string) => unknown
  /** What is allowed, in words, for the table and for error messages. */
  allowed: string
  /** What was probably meant by a text that is not allowed. */
  hint?: (text: string) => string | undefined
}

const asIs = (text: string): unknown => text

export function text(allowed = 'text'): Kind<string> {
  return { schema: z.string().min(1), fromText: asIs, allowed }
}

/** As many characters as a key of 192 bits has in base64. */
const MIN_SECRET_LENGTH = 32

export function secret(): Kind<string> {
  const allowed = `at least ${MIN_SECRET_LENGTH} characters`
  return { schema: z.string().min(MIN_SECRET_LENGTH), fromText: asIs, allowed }
}

export function url(): Kind<string> {
  return {
    schema: z.string().refine(isHttpUrl, { error: 'expected an http or https URL' }),
    fromText: asIs,
    allowed: 'an http or https URL without user and password',
    hint: (text) =>
      !text.includes('//') && isHttpUrl(`http://${text}`) ? `http://${text}` : undefined,
  }
}

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

export function integer(min: number, max: number): Kind<number> {
  return {
    schema: z.int().min(min).max(max),
    fromText: (value) => (/^-?\d+$/.test(value) ? Number(value) : value),
    allowed: `a whole number from ${min} to ${max}`,
  }
}

export function flag(): Kind<boolean> {
  return {
    schema: z.boolean(),
    fromText: (value) =>
      /^(1|true|yes|on)$/i.test(value) ? true : /^(0|false|no|off)$/i.test(value) ? false : value,
    allowed: 'true or false',
  }
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  ...values: T
): Kind<T[number]> {
  return { schema: z.enum(values), fromText: asIs, allowed: values.join(', ') }
}

export function list(allowed: string): Kind<string[]> {
  return {
    schema: z.array(z.string().min(1)),
    fromText: (value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    allowed: `${allowed}, separated by commas`,
  }
}

/** Web origins as a browser sends them: scheme, host and a port that is not the scheme's own; nothing after it. */
export function origins(): Kind<string[]> {
  const example = 'https://desk.example.com'
  const origin = z.string().refine(isOrigin, { error: `expected an origin such as ${example}` })
  return { ...list(`origins such as ${example}`), schema: z.array(origin) }
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value
}

/** A port, or a word that stands for none. */
export function portOr<const W extends string>(word: W): Kind<number | W> {
  return {
    schema: z.union([z.int().min(0).max(65_535), z.literal(word)]),
    fromText: (value) => (/^\d+$/.test(value) ? Number(value) : value),
    allowed: `a port from 0 (any free one) to 65535, or ${word}`,
  }
}

/** A proxy's URL; unlike others it may have a user and a password. */
export function proxy(): Kind<string> {
  return {
    schema: z.string().refine((value) => URL.canParse(value) && /^https?:/.test(value), {
      error: 'expected an http or https URL',
    }),
    fromText: asIs,
    allowed: 'an http or https URL',
  }
}

/** What a request to the upstream already has, or must not have. */
const RESERVED_HEADERS =
  /^(accept|accept-encoding|authorization|connection|content-length|content-type|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i

/** Headers by name. Source of their form: RFC 9110, section 5. */
export function headers(): Kind<Record<string, string>> {
  const name = z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    .refine((text) => !RESERVED_HEADERS.test(text), {
      error: "this header is the gateway's own",
    })
  return {
    schema: z.record(name, z.string().regex(/^[\x20-\x7e]*$/)),
    fromText: pairs,
    allowed: "name=value, separated by commas; not the request's own such as authorization",
  }
}

/** Names of labels, or `tenant`. */
export function labelNames(): Kind<string[]> {
  const name = z.union([labelNameSchema, z.literal('tenant')])
  return {
    ...list(`at most ${MAX_LABELS} labels, or tenant`),
    schema: z.array(name).max(MAX_LABELS),
  }
}

/** Claims of a token, each by the name of what it says. */
export function claimsBy(
  name: z.ZodType<string, string>,
  allowed: string,
): Kind<Record<string, string>> {
  return {
    schema: z
      .partialRecord(name, z.string().min(1).max(256))
      .refine((claims) => Object.keys(claims).length <= MAX_LABELS) as z.ZodType<
      Record<string, string>
    >,
    fromText: pairs,
    allowed: `name=claim, separated by commas; ${allowed}`,
  }
}

/** `name=value, name=value` as an object; a part without `=` has no value, which no schema takes. */
function pairs(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=')
      return at === -1
        ? [part.trim(), undefined]
        : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    }),
  )
}
