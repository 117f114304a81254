// Clean text that others wrote: documentation, source, CSV and JSON of well-known npm packages. Nothing in it is anybody's
// but the e-mail addresses of authors, so every other finding of policy `standard` is a false alarm.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compilePolicy } from '@sluice/guard'
import { createRandom, pick } from '../random.mjs'

/** Installed with this repository, so that the lock file says which version. */
const INSTALLED = [
  ...['typescript', '@types/node', 'undici', 'vite', 'vitest', 'yaml', 'pino', 'fast-check', 'ws'],
  ...['jose', 'commander', 'chai', 'prom-client', 'knip', 'rolldown', 'postcss', 'magic-string'],
  ...['rate-limiter-flexible', '@opentelemetry/api', 'smol-toml', 'picomatch', 'cockatiel'],
]
/** Data sets, which the repository itself has no use for. */
export const DATA_PACKAGES = ['vega-datasets@3.2.1', 'world-countries@5.1.0']

const KINDS = {
  documentation: ['.md', '.txt', '.html'],
  source: ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.css'],
  JSON: ['.json'],
  CSV: ['.csv', '.tsv'],
}
/** Other packages, and made-up personal values. */
const NOT_CLEAN = new Set(['node_modules', 'test', 'tests'])
/** Characters beside a false alarm whose shapes are shown as well. */
const AROUND = 12
const PIECES_SEED = 7
const PIECE_CHARACTERS = 1500
const CHARACTERS_OF_KIND = 60_000
const MAX_FILE_BYTES = 3_000_000
const MAX_PACKAGE_BYTES = 12_000_000
const LONGEST_LINE_OF_SOURCE = 5000
/** Ends of addresses that are in use: well-known ones and two letters, which are countries, but for those of file names. */
const TOP_LEVEL =
  /\.(?:com|org|net|edu|gov|info|name|dev|app|tech|email|moe|xyz|example|test|localhost|(?!js|ts|md|py|sh|rs|gz)[a-z]{2})$/i

const MODULES = fileURLToPath(new URL('../../../node_modules/', import.meta.url))

/** @param {string | undefined} dataFolder where DATA_PACKAGES are installed, if they are */
export function cleanFiles(dataFolder) {
  const packages = INSTALLED.map((name) => ({ name, folder: join(MODULES, name) }))
  if (dataFolder !== undefined) {
    for (const specifier of DATA_PACKAGES) {
      const name = specifier.slice(0, specifier.lastIndexOf('@'))
      packages.push({ name, folder: join(dataFolder, 'node_modules', name) })
    }
  }
  return packages.map(({ name, folder }) => {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return { name, version, files: filesOf(folder) }
  })
}

/** The readable files of a package, in the order of their paths, up to a limit. @param {string} folder */
function filesOf(folder) {
  /** @type {{ path: string, kind: string, text: string }[]} */
  const files = []
  let bytes = 0
  for (const path of pathsIn(folder)) {
    const kind = kindOf(path)
    const { size } = statSync(path)
    if (kind === undefined || size > MAX_FILE_BYTES || bytes + size > MAX_PACKAGE_BYTES) continue
    const text = readFileSync(path, 'utf8')
    if (kind === 'source' && text.split('\n').some((line) => line.length > LONGEST_LINE_OF_SOURCE))
      continue
    files.push({ path: relative(folder, path), kind, text })
    bytes += size
  }
  return files
}

/** @param {string} folder @returns {string[]} */
function pathsIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (NOT_CLEAN.has(entry.name)) return []
      return entry.isDirectory() ? pathsIn(path) : [path]
    })
}

/** @param {string} path */
function kindOf(path) {
  return Object.entries(KINDS).find(([, ends]) => ends.some((end) => path.endsWith(end)))?.[0]
}

/**
 * False alarms of policy `standard`, by entity and by kind of text.
 * @param {ReturnType<typeof cleanFiles>} packages
 */
export function measureCleanText(packages) {
  const policy = compilePolicy('standard')
  /** @type {Record<string, { bytes: number, falseAlarms: number }>} */
  const byKind = {}
  /** @type {Record<string, number>} */
  const byEntity = {}
  /** @type {string[]} */
  const places = []
  let authors = 0
  for (const { name, files } of packages) {
    for (const { path, kind, text } of files) {
      byKind[kind] ??= { bytes: 0, falseAlarms: 0 }
      const row = byKind[kind]
      row.bytes += Buffer.byteLength(text)
      for (const { entity, start, end } of policy.scan(text).findings) {
        const value = text.slice(start, end)
        if (isAuthor(entity, value)) {
          authors += 1
          continue
        }
        row.falseAlarms += 1
        byEntity[entity] = (byEntity[entity] ?? 0) + 1
        const around = shapeOf(text.slice(Math.max(0, start - AROUND), end + AROUND))
        places.push(`${entity} ${around} ${name}/${path}:${lineAt(text, start)}`)
      }
    }
  }
  return { byKind, byEntity, authors, places }
}

/** Whether a finding is an e-mail address that somebody has. @param {string} entity @param {string} value */
export function isAuthor(entity, value) {
  return entity === 'EMAIL_ADDRESS' && TOP_LEVEL.test(value)
}

/**
 * Pieces of the clean text for those who are slow: as many characters of each kind, from a seed. A piece begins and ends
 * between two words or values.
 * @param {ReturnType<typeof cleanFiles>} packages
 */
export function cleanPieces(packages) {
  const random = createRandom(PIECES_SEED)
  const files = packages.flatMap((entry) => entry.files)
  return Object.keys(KINDS).flatMap((kind) => {
    const texts = files.filter((file) => file.kind === kind && file.text.length > PIECE_CHARACTERS)
    const count = texts.length === 0 ? 0 : Math.ceil(CHARACTERS_OF_KIND / PIECE_CHARACTERS)
    return Array.from({ length: count }, () => {
      const { text } = pick(random, texts)
      const from = random(text.length - PIECE_CHARACTERS + 1)
      const [, piece = ''] =
        /^\S*?(?:[\s,;]|$)(.*)[\s,;]/s.exec(text.slice(from, from + PIECE_CHARACTERS)) ?? []
      return piece
    })
  })
}

/** @param {string} text @param {number} position */
const lineAt = (text, position) => text.slice(0, position).split('\n').length

/** `AB12 x` as `AANN a`. @param {string} value */
function shapeOf(value) {
  const shape = value
    .slice(0, 60)
    .replace(/\p{Lu}/gu, 'A')
    .replace(/\p{Ll}/gu, 'a')
  return JSON.stringify(shape.replace(/\p{N}/gu, 'N'))
}
