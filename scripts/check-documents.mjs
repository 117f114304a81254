// Checks of the documents that prose cannot do of itself: every relative link leads to a file, and to a heading where it
// names one; a link to a test quotes one of its titles; every setting that is named exists. It reads the built gateway.
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { SETTINGS } from '../packages/gateway/dist/index.js'
import { filesOf, read, root } from './repository.mjs'

const LINK = /\[([^\]]*)\]\(([^)\s]+)\)/g
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm
const VARIABLE = /\b(?:SLUICE|GENESYS_CLOUD|LLM|WS)_[A-Z_]+\b/g

/** No setting: it says where the settings are. */
const variables = new Set(['SLUICE_CONFIG'])
for (const { env, aliases, isSecret } of Object.values(SETTINGS)) {
  for (const name of [env, ...aliases]) variables.add(name)
  if (isSecret) variables.add(`${env}_FILE`)
}

/**
 * The anchor that GitHub gives to a heading.
 * @param {string} heading
 */
function anchorOf(heading) {
  const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '')
  return kept.trim().replaceAll(' ', '-')
}

/** @param {string} path */
function anchorsIn(path) {
  const prose = read(path).replace(FENCE, '')
  return [...prose.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

/**
 * @param {string} document
 * @param {{ text: string, link: string }} found
 * @returns {string | undefined} what is wrong with a link
 */
function problemOf(document, { text, link }) {
  const [target = '', anchor] = link.split('#')
  const path = target === '' ? document : posix.join(posix.dirname(document), target)
  if (!existsSync(posix.join(root, path))) return `${link}: there is no ${path}`
  const isTitle = path.endsWith('.test.ts') && !text.startsWith('`')
  if (isTitle && !read(path).includes(text)) return `${path} has no test called "${text}"`
  const isAnchor = anchor !== undefined && path.endsWith('.md')
  return isAnchor && !anchorsIn(path).includes(anchor) ? `${path} has no #${anchor}` : undefined
}

/** @param {string} document */
function linkProblems(document) {
  const links = [...read(document).replace(FENCE, '').matchAll(LINK)]
  return links
    .map(([, text = '', link = '']) => ({ text, link }))
    .filter(({ link }) => !/^[a-z][a-z+.-]*:/i.test(link))
    .map((found) => problemOf(document, found))
    .filter((problem) => problem !== undefined)
}

/** @param {string} document */
function variableProblems(document) {
  const named = new Set(read(document).match(VARIABLE))
  return [...named]
    .filter((name) => !variables.has(name) && !name.endsWith('_'))
    .map((name) => `there is no setting ${name}`)
}

const documents = filesOf('*.md')
const configurations = filesOf('.env.example', 'examples/*', 'deploy/*')
const problems = [
  ...documents.flatMap((path) => linkProblems(path).map((problem) => `${path}: ${problem}`)),
  ...[...documents, ...configurations].flatMap((path) =>
    variableProblems(path).map((problem) => `${path}: ${problem}`),
  ),
]
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`${documents.length} documents lead somewhere.`)
process.exitCode = problems.length === 0 ? 0 : 1
