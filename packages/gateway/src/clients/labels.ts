/** The forms of tenants and labels, wherever they come from: a key of the key file or a claim of a token. */
import { z } from 'zod'

/** Labels of one client at most. */
export const MAX_LABELS = 8

/** Ids and domain names: letters, digits and `._:/@-`, at most 64 characters, no blank. */
export const tenantSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:/@-]{0,63}$/u, {
  error: 'a tenant is at most 64 letters, digits and ._:/@- without blanks',
})

/** `tenant` has a field of its own, so no label may look like it. */
const LABEL_NAME = /^(?!tenant$)[a-z][a-z0-9_]{0,31}$/
const LABEL_NAME_RULE =
  'the name of a label is at most 32 small letters, digits and _, begins with a letter and is not "tenant"'

export const labelNameSchema = z.string().regex(LABEL_NAME, { error: LABEL_NAME_RULE })

export const labelValueSchema = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,63}$/u, {
  error: 'the value of a label is at most 64 letters, digits, blanks and ._:/-',
})

/** Labels by name. */
export const labelsSchema = z
  .record(z.string(), labelValueSchema)
  .refine((labels) => Object.keys(labels).every((name) => LABEL_NAME.test(name)), {
    error: LABEL_NAME_RULE,
  })
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, {
    error: `at most ${MAX_LABELS} labels`,
  })
