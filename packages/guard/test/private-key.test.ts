// Private keys in everything that people and programs wrap around their lines, and headers that are only mentioned.
import { describe, expect, it } from 'vitest'
import { compilePolicy, type Policy } from '../src/index.ts'
import { everyCut, pushed } from './support/split.ts'

const standard = compilePolicy('standard')

/** Not keys: base64 of nothing. The last line is as short as last lines are. */
const LINES = [
  'MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEAq7BFUpkGp3yLtPm1',
  'x8Ww2kJ0hQvY5s9dR3aTzN6bCfE1uGiHoLpK4mXjVtSrQyZeWc7DnBgFkAlMxP0O',
  'c9RkHq==',
]
const BEGIN = '-----BEGIN PRIVATE KEY-----'
const END = '-----END PRIVATE KEY-----'
const ALL = [BEGIN, ...LINES, END]

function concealed(text: string, policy: Policy = standard): string {
  const { text: whole, findings } = policy.scan(text)
  const outcome = pushed(policy, text, { cuts: everyCut(text) })
  expect(outcome.text).toBe(whole)
  expect(outcome.findings).toEqual(findings)
  return whole
}

const WRAPPINGS: readonly (readonly [string, string])[] = [
  ['a block', ALL.join('\n')],
  ['a block with carriage returns', ALL.join('\r\n')],
  ['an indented block', ALL.map((line) => `        ${line}`).join('\n')],
  ['a quoted mail', ALL.map((line) => `> ${line}`).join('\n')],
  ['comments of a shell', ALL.map((line) => `# ${line}`).join('\n')],
  ['comments of C', `/**\n${ALL.map((line) => ` * ${line}`).join('\n')}\n */`],
  ['comments of JavaScript', ALL.map((line) => `// ${line}`).join('\n')],
  ['comments of SQL', ALL.map((line) => `-- ${line}`).join('\n')],
  ['string concatenation', ALL.map((line) => `"${line}\\n"`).join(' +\n  ')],
  ['string concatenation with a variable', ALL.map((line) => `key += '${line}\\n';`).join('\n')],
  [
    'calls of a builder',
    ALL.map((line) => `    builder.append("${line}").append("\\n");`).join('\n'),
  ],
  ['a JSON array as text', `keys: ${JSON.stringify(ALL)}`],
  ['a JSON array in several lines', `x = ${JSON.stringify(ALL, undefined, 2)}`],
  ['commands', ALL.map((line) => `echo "${line}" >> /etc/app/key.pem`).join('\n')],
  ['a table', ALL.map((line) => `| ${line} |`).join('\n')],
  ['a list in YAML', ALL.map((line) => `  - "${line}"`).join('\n')],
  ['a diff', ALL.map((line) => `+${line}`).join('\n')],
  ['numbered lines', ALL.map((line, i) => `  ${i + 1} | ${line}`).join('\n')],
  ['HTML', `<pre>${ALL.join('<br/>\n')}</pre>`],
  ['one line with escaped breaks', `KEY="${ALL.join('\\n')}"`],
  ['one line, escaped twice', `KEY="${ALL.join('\\\\n')}"`],
  ['one line with spaces', ALL.join(' ')],
  ['one line without anything', ALL.join('')],
  ['quoted-printable', ALL.map((line) => line.replaceAll('=', '=3D')).join('=\n')],
  ['a link', `https://example.org/?key=${encodeURIComponent(ALL.join('\n'))}&a=1`],
  ['a link with every dash encoded', encodeURIComponent(ALL.join('\r\n')).replaceAll('-', '%2D')],
  ['a form', `${new URLSearchParams({ key: ALL.join('\n') })}&a=1`],
  ['a link within a link', encodeURIComponent(encodeURIComponent(ALL.join('\n')))],
  ['a document, with its dashes', ALL.join('\n').replaceAll('-----', '\u2014\u2014-')],
  ['HTML with its own blanks', ALL.join('&#10;').replaceAll(' ', '&nbsp;')],
  ['without an end line', ALL.slice(0, 3).join('\n')],
]

describe.each(WRAPPINGS)('a key in %s', (_name, text) => {
  it('shows none of its lines', () => {
    const shown = concealed(text)
    expect(shown).toContain('[PRIVATE_KEY]')
    for (const line of ALL.slice(0, 3)) expect(shown).not.toContain(line.slice(0, 12))
    if (text.includes(END)) expect(shown).not.toContain('c9RkHq')
  })

  it('shows what comes after it', () => {
    expect(
      concealed(`${text}\nThat is all, and it goes on for some time: nothing more of it waits.`),
    ).toMatch(/goes on for some time: nothing more of it waits\.$/)
  })
})

describe('a key of another kind', () => {
  const body = LINES.join('\n')
  it.each([
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n${body}\n-----END RSA PRIVATE KEY-----`,
    `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${body}\n-----END ENCRYPTED PRIVATE KEY-----`,
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----`,
    `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----`,
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "mine"\n${body}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${body}\n=njUN\n-----END PGP PRIVATE KEY BLOCK-----`,
    `-----Begin Rsa Private Key-----\n${body}\n-----End Rsa Private Key-----`,
    `-----BEGIN ECC-256 PRIVATE KEY-----\n${body}\n-----END ECC-256 PRIVATE KEY-----`,
    `-----BEGIN OpenVPN Static key V1-----\n${'0a1b2c3d'.repeat(4)}\n${'4e5f6071'.repeat(4)}\n-----END OpenVPN Static key V1-----`,
    `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: mine\nPublic-Lines: 1\n${LINES[0]}\nPrivate-Lines: 2\n${body}\nPrivate-MAC: ${'0a'.repeat(20)}`,
  ])('is found whole: %#', (key) => {
    expect(concealed(`Keep ${key} safe`)).toBe('Keep [PRIVATE_KEY] safe')
  })

  it('is found line by line where its headers are long', () => {
    const headers = `Comment: ${'a comment of some length '.repeat(9)}`
    const text = `-----BEGIN PGP PRIVATE KEY BLOCK-----\n${headers}\n\n${body}\n-----END PGP PRIVATE KEY BLOCK-----`
    expect(concealed(text)).toBe(
      `-----BEGIN PGP PRIVATE KEY BLOCK-----\n${headers}\n\n[PRIVATE_KEY]`,
    )
  })

  it('is found after another', () => {
    expect(concealed(`${ALL.join('\n')}\n${ALL.join('\n')}\n`)).toBe(
      '[PRIVATE_KEY]\n[PRIVATE_KEY]\n',
    )
  })

  it('is found under a short maxSpan, line by line', () => {
    const short = compilePolicy({ extends: 'standard', maxSpan: 32 })
    const shown = concealed(ALL.join('\n'), short)
    for (const line of LINES.slice(0, 2)) expect(shown).not.toContain(line.slice(0, 8))
  })
})

describe('a key in the strings of JSON', () => {
  it('is found in each, and the JSON stays as it was built', () => {
    const json = JSON.stringify({ lines: ALL, note: 'kept' })
    const { text } = standard.scan(json, { channel: 'tool_arguments' })
    const parsed = JSON.parse(text)
    expect(parsed.lines).toHaveLength(ALL.length)
    expect(text).not.toContain('MIIBVQ')
    expect(text).not.toContain('x8Ww2k')
    expect(parsed.note).toBe('kept')
  })
})

describe('a mere mention of a header', () => {
  it.each([
    `A file begins with ${BEGIN} and then has lines of base64, which openssl reads.`,
    `Look for "${BEGIN}" at the top and "${END}" at the bottom.`,
    `if (text.startsWith("${BEGIN}")) {\n  return parsePrivateKeyInPemFormat(text)\n}`,
    `${BEGIN}\n...\n${END}`,
    `Put it in /etc/ssl/private/server.key; its first line is ${BEGIN}, see /usr/share/doc/openssl/html/man1.`,
    `-----BEGIN CERTIFICATE-----\n${LINES[0]}\n-----END CERTIFICATE-----`,
    `The tool writes PuTTY-User-Key-File-2: at the top of its own format.`,
  ])('stays as it is, and so does what follows: %#', (text) => {
    expect(concealed(text)).toBe(text)
  })

  it('makes at most 160 characters wait behind it', () => {
    const stream = standard.open({ direction: 'output' })
    stream.push(BEGIN)
    let longest = 0
    for (const word of 'and then some more words of prose follow it. '.repeat(9).split(/(?<= )/)) {
      longest = Math.max(longest, stream.push(word).held)
    }
    expect(longest).toBeLessThanOrEqual(BEGIN.length + 160 + 8)
    expect(stream.push('so it goes, on and on. ').held).toBeLessThan(8)
  })
})

it('keeps a key in one piece over a flood of what counts as nothing', () => {
  const flood = '\u200b'.repeat(40)
  expect(concealed(ALL.join(`\n${flood}`))).toBe('[PRIVATE_KEY]')
})

it('ends a stream at the first line of a key, and not at its header', () => {
  const policy = compilePolicy({ rules: [{ entity: 'PRIVATE_KEY', action: { kind: 'block' } }] })
  expect(policy.scan(`see ${BEGIN} and so on`).blocked).toBeUndefined()
  const { text, blocked } = policy.scan(`see ${ALL.join('\n')}`)
  expect(text).toBe('see ')
  expect(blocked).toEqual({ ruleId: 'PRIVATE_KEY', entity: 'PRIVATE_KEY' })
})
