/** The file of client keys and the changes a command may make to it. Checking a key is for key-ring.ts. */
import { type FileHandle, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { generateKey, hashKey } from './api-key.ts'
import { labelsSchema, tenantSchema } from './labels.ts'
import { MESSAGE_ROLES } from './principal.ts'

const PERMISSIONS = 0o777
const WRITABLE_BY_OTHERS = 0o002
/** Windows has access lists instead, and shows every file as writable by all. */
const HAS_OWNERS = process.getuid !== undefined

const positive = z.int().positive()

const limitsSchema = z.strictObject({
  requestsPerMinute: positive.optional(),
  tokensPerMinute: positive.optional(),
  sockets: positive.optional(),
  completions: positive.optional(),
})

const keySchema = z.strictObject({
  id: z.string().regex(/^[0-9A-Za-z]{1,64}$/),
  name: z.string().min(1).max(200),
  /** `sha256:` and 64 hexadecimal digits. */
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  /** Absent: all models. */
  allowedModels: z.array(z.string().min(1)).min(1).optional(),
  /** Name of a guard policy. Absent: the gateway's own. */
  policy: z.string().min(1).optional(),
  /** Roles that the policy trusts of this client, beside its own. Absent: none. */
  trustedRoles: z.array(z.enum(MESSAGE_ROLES)).min(1).optional(),
  limits: limitsSchema.optional(),
  tenant: tenantSchema.optional(),
  labels: labelsSchema.optional(),
})

const fileSchema = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(keySchema)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, {
      error: 'two keys have the same id',
    }),
})

/** A key as it is stored: everything but its secret. Times are ISO 8601. */
export type StoredKey = z.infer<typeof keySchema>

/** What may be said of a new key. */
export type KeyAttributes = Pick<
  StoredKey,
  | 'name'
  | 'expiresAt'
  | 'allowedModels'
  | 'policy'
  | 'trustedRoles'
  | 'limits'
  | 'tenant'
  | 'labels'
>

/** A change of the key file. */
export interface KeyFileRequest {
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * All keys of the file.
 * @throws GatewayError `configuration` when it cannot be read or is not valid, naming the place.
 */
export async function readKeys(path: string): Promise<StoredKey[]> {
  return parseKeys(path, await readText(path))
}

/** All keys of the file; none when there is no file yet. @throws as `readKeys`. */
export async function listKeys(path: string): Promise<StoredKey[]> {
  const text = await readText(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })
  return text === undefined ? [] : parseKeys(path, text)
}

/**
 * Makes a key and stores its hash; the file is made if need be, with mode 0600. The key itself is in the answer and
 * nowhere else.
 * @throws GatewayError `configuration` when the attributes or the file are not valid, or another command is changing it.
 */
export async function createKey(
  { path, now }: KeyFileRequest,
  attributes: KeyAttributes,
): Promise<{ key: string; stored: StoredKey }> {
  const { id, key } = generateKey()
  const hash = `sha256:${hashKey(key).toString('hex')}`
  const stored = { id, hash, createdAt: new Date(now).toISOString(), ...attributes }
  await change(path, (keys) => [...keys, stored])
  return { key, stored }
}

/**
 * Marks a key as revoked; one that already is stays as it is. It remains in the file so that its id keeps its name.
 * @throws GatewayError `configuration` when no key has this id, or as `createKey`.
 */
export async function revokeKey({ path, now }: KeyFileRequest, id: string): Promise<StoredKey> {
  const keys = await change(path, (all) => {
    if (!all.some((key) => key.id === id)) {
      throw new GatewayError('configuration', `${path} has no key with this id`)
    }
    const revokedAt = new Date(now).toISOString()
    return all.map((key) => (key.id === id ? { revokedAt, ...key } : key))
  })
  return keys.find((key) => key.id === id) as StoredKey
}

/**
 * What is wrong with who may write the file, or undefined. Everybody who may write it can add keys.
 * @throws GatewayError `configuration` when it is not there
 */
export async function keyFileProblem(path: string): Promise<string | undefined> {
  const { mode } = await fileState(path)
  if (!HAS_OWNERS || (mode & WRITABLE_BY_OTHERS) === 0) return undefined
  const shown = (mode & PERMISSIONS).toString(8).padStart(4, '0')
  return `everybody on this machine may write the key file ${path} (mode ${shown}) and so add keys; chmod o-w it`
}

/** When the file was last written, in milliseconds since the epoch. @throws as `keyFileProblem` */
export async function keyFileTime(path: string): Promise<number> {
  return (await fileState(path)).mtimeMs
}

async function fileState(path: string) {
  return stat(path).catch((error: unknown) => {
    throw cannotRead(path, error)
  })
}

/**
 * Reads, changes and replaces the file, which keeps its owner, group and mode. The new content is written to
 * `<path>.lock`, made exclusively: it is lock and next version in one, so that neither a crash nor a second command leaves
 * half a file.
 */
async function change(
  named: string,
  edit: (keys: StoredKey[]) => StoredKey[],
): Promise<StoredKey[]> {
  // A link stays one: what it leads to is replaced.
  const path = await realpath(named).catch(() => named)
  const lockPath = lockOf(path)
  const lock = await open(lockPath, 'wx', 0o600).catch((error: unknown) => {
    throw cannotLock(path, error)
  })
  try {
    const file = { version: 1, keys: edit(await listKeys(path)) }
    const { keys } = validated(path, file)
    await lock.writeFile(`${JSON.stringify(file, null, 2)}\n`)
    await keepAccess(lock, path)
    await lock.sync()
    await lock.close()
    await rename(lockPath, path)
    return keys
  } catch (error) {
    await lock.close()
    await unlink(lockPath)
    throw error
  }
}

/** Whoever could read the file before can read it afterwards: the gateway runs as another user than its operator. */
async function keepAccess(next: FileHandle, path: string): Promise<void> {
  const before = await stat(path).catch(() => undefined)
  if (before === undefined) return
  const { uid, gid } = await next.stat()
  try {
    if (before.uid !== uid || before.gid !== gid) await next.chown(before.uid, before.gid)
    await next.chmod(before.mode & PERMISSIONS)
  } catch (cause) {
    throw new GatewayError(
      'configuration',
      `The key file ${path} belongs to user ${before.uid} and group ${before.gid}, and you cannot write it for them. ` +
        'Nothing was changed: run this as that user, or as root',
      { cause },
    )
  }
}

function parseKeys(path: string, text: string): StoredKey[] {
  try {
    return validated(path, JSON.parse(text)).keys
  } catch (error) {
    if (error instanceof GatewayError) throw error
    // The parser's own message quotes the text.
    throw new GatewayError('configuration', `The key file ${path} is not JSON`)
  }
}

function validated(path: string, file: unknown): z.infer<typeof fileSchema> {
  const result = fileSchema.safeParse(file)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const place = issue?.path.join('.') || 'the top level'
  throw new GatewayError(
    'configuration',
    `The key file ${path} is not valid at ${place}: ${issue?.message.replace(/^Invalid input: /, '')}`,
  )
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw cannotRead(path, error)
  }
}

function cannotRead(path: string, cause: unknown): GatewayError {
  const { code } = cause as NodeJS.ErrnoException
  const message = `The key file ${path} cannot be read (${code}); SLUICE_KEYS_FILE names it, and sluice keys create makes one`
  return new GatewayError('configuration', message, { cause })
}

function isAbsent(error: unknown): boolean {
  return error instanceof GatewayError && (error.cause as { code?: unknown })?.code === 'ENOENT'
}

function cannotLock(path: string, cause: unknown): GatewayError {
  const { code } = cause as NodeJS.ErrnoException
  const message =
    code === 'EEXIST'
      ? `Another command is changing the keys; if none is, remove ${lockOf(path)}`
      : `The key file ${path} cannot be written (${code}); its folder must exist and be writable`
  return new GatewayError('configuration', message, { cause })
}

function lockOf(path: string): string {
  return `${path}.lock`
}
