// Checks that every relative link of the documents leads to a file, and to a heading where it names one.
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { filesOf, read, root } from './repository.mjs'

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm

/**
 * The anchor that GitHub gives to a heading.
 * @param {string} heading
 */
function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

/** @param {string} path */
function anchorsIn(path) {
  const headings = read(path)
    .replace(FENCE, '')
    .matchAll(/^#+ +(.*)$/gm)
  return new Set([...headings].map(([, heading]) => anchorOf(heading ?? '')))
}

/**
 * @param {string} document
 * @param {string} link
 * @returns {string | undefined} what is wrong
 */
function problemOf(document, link) {
  const [target = '', anchor] = link.split('#')
  const path = target === '' ? document : posix.join(posix.dirname(document), target)
  if (!existsSync(posix.join(root, path))) return `${link}: there is no ${path}`
  if (anchor === undefined || !path.endsWith('.md') || anchorsIn(path).has(anchor)) return undefined
  return `${link}: ${path} has no heading #${anchor}`
}

const problems = []
const documents = filesOf('*.md')
for (const document of documents) {
  for (const [, link = ''] of read(document).replace(FENCE, '').matchAll(LINK)) {
    if (/^[a-z][a-z+.-]*:/i.test(link)) continue
    const problem = problemOf(document, link)
    if (problem !== undefined) problems.push(`${document}: ${problem}`)
  }
}
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`The links of ${documents.length} documents lead somewhere.`)
process.exitCode = problems.length === 0 ? 0 : 1
