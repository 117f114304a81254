import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvParser } from '../src/policy-audit/csv-parser.ts'
import { JsonLinesReader, LineReader, type TextReader } from '../src/policy-audit/text-readers.ts'
import { valueShape } from '../src/policy-audit/value-shape.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

const SECRETS = ['ann@example.com', 'bo@example.org', '4111 1111 1111 1111', '5555555555554444']

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

async function audit(folder: string, ...args: string[]) {
  const ended = await sluice(['policy', 'audit', '--policy', 'standard', ...args], { folder })
  for (const secret of SECRETS) expect(ended.stdout + ended.stderr).not.toContain(secret)
  return ended
}

async function auditJson(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await audit(folder, '--json', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('sluice policy audit', () => {
  it('counts findings by entity, action and rule, and the texts that they touch', async () => {
    const folder = folderOf({
      'chats.log': `mail ${SECRETS[0]}\n\nnothing here\n${SECRETS[2]}, ${SECRETS[3]} and ${SECRETS[1]}\r\n`,
    })
    expect(await auditJson(folder, 'chats.log')).toMatchObject({
      files: 1,
      texts: 3,
      touched: 2,
      observed: 0,
      findings: [
        { entity: 'CREDIT_CARD', action: 'redact', ruleId: 'CREDIT_CARD', findings: 2, texts: 1 },
        { entity: 'EMAIL_ADDRESS', action: 'redact', findings: 2, texts: 2 },
      ],
    })
    const { stdout } = await audit(folder, 'chats.log')
    expect(stdout).toMatch(/^touched {3}2 texts, 66\.7 %$/m)
    expect(stdout).toMatch(/^EMAIL_ADDRESS +redact +EMAIL_ADDRESS +2 +2 +66\.7 %$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('shows shapes on request', async () => {
    const folder = folderOf({ 'a.txt': `${SECRETS[0]} ${SECRETS[2]} ${SECRETS[3]} ${SECRETS[1]}` })
    const { findings } = await auditJson(folder, 'a.txt', '--examples', '1')
    expect(findings.map(({ shapes }: { shapes: string[] }) => shapes)).toEqual([
      ['NNNN NNNN NNNN NNNN'],
      ['aaa@aaaaaaa.aaa'],
    ])
    const { stdout } = await audit(folder, 'a.txt', '--examples', '3')
    expect(stdout).toMatch(/NNNN NNNN NNNN NNNN {3}NNNNNNNNNNNNNNNN$/m)
  })

  it('takes .txt and .md as one text each, or line by line, and goes through folders', async () => {
    const folder = folderOf({
      'one.txt': `to ${SECRETS[0]}\nand on`,
      'deep/er/two.md': 'nothing\nat all',
      'deep/.hidden.txt': SECRETS[1] ?? '',
      'deep/logo.png': Buffer.from([0x89, 0x50, 0, 1]),
    })
    expect(await auditJson(folder, '.')).toMatchObject({
      files: 2,
      skippedFiles: 1,
      texts: 2,
      touched: 1,
    })
    expect(await auditJson(folder, '.', '--lines')).toMatchObject({ texts: 4, touched: 1 })
    expect((await audit(folder, '.')).stdout).toContain('skipped   1 file that is no text')
  })

  it('reads a field of JSON lines, through lists', async () => {
    const line = {
      messages: [{ role: 'user', content: `I am ${SECRETS[0]}` }, { content: 'fine' }],
    }
    const folder = folderOf({ 'log.jsonl': `${JSON.stringify(line)}\n${JSON.stringify(line)}` })
    const args = ['log.jsonl', '--field', 'messages.content']
    expect(await auditJson(folder, ...args)).toMatchObject({ texts: 4, touched: 2 })
    const first = ['log.jsonl', '--field', 'messages.1.content']
    expect(await auditJson(folder, ...first)).toMatchObject({ texts: 2, touched: 0 })
  })

  it('reads a column of CSV, whatever separates it', async () => {
    const folder = folderOf({
      'a.csv': `id,text\n1,"hello, ""${SECRETS[0]}""\nand more"\n2,nothing\n`,
      'b.tsv': `text\tid\n${SECRETS[2]}\t7`,
      'c.csv': `\ufeffid;text\r\n1;${SECRETS[1]}\r\n`,
    })
    const result = await auditJson(folder, '.', '--column', 'text')
    expect(result).toMatchObject({ files: 3, texts: 4, touched: 3 })
  })

  it('says what another policy would do differently', async () => {
    const folder = folderOf({ 'a.log': `${SECRETS[0]}\nfrom 192.0.2.7\nhello\n` })
    const { diff } = await auditJson(folder, 'a.log', '--diff', 'strict')
    expect(diff).toMatchObject({
      policy: { name: 'strict' },
      touched: 2,
      onlyFirst: 0,
      onlyOther: 1,
      rows: [{ entity: 'IP_ADDRESS', findings: [0, 1], texts: [0, 1] }],
    })
    const { stdout } = await audit(folder, 'a.log', '--diff', 'strict')
    expect(stdout).toMatch(/^only {6}standard touches 0 texts, strict 1 text$/m)
  })

  it('tells apart what is concealed, what is observed, and where an answer is cut', async () => {
    const folder = folderOf({
      'calls.log': `{"to":"${SECRETS[0]}"}\n{"card":"${SECRETS[2]}"}\n`,
      'answer.log': 'this is harmful\nthis is not\n',
    })
    const calls = await auditJson(folder, 'calls.log', '--channel', 'tool_arguments')
    expect(calls).toMatchObject({ touched: 1, observed: 1 })
    const seed = ['answer.log', '--policy', 'seed']
    expect(await auditJson(folder, ...seed)).toMatchObject({ touched: 1, blocked: 1 })
  })

  it('finds what lies across the chunks of a large file', async () => {
    const filler = 'nothing to see here, '.repeat(3119)
    const folder = folderOf({ 'large.txt': `${filler}mail ${SECRETS[0]} ${filler}${SECRETS[2]}.` })
    const { findings } = await auditJson(folder, 'large.txt', '--examples', '2')
    expect(findings).toMatchObject([
      { entity: 'CREDIT_CARD', findings: 1, shapes: ['NNNN NNNN NNNN NNNN'] },
      { entity: 'EMAIL_ADDRESS', findings: 1, shapes: ['aaa@aaaaaaa.aaa'] },
    ])
  })

  it.each([
    [['nowhere.txt'], 'There is no file or folder nowhere.txt'],
    [['logo.png'], 'logo.png is no text in UTF-8: there is a zero byte in it'],
    [['a.csv'], 'Name the column with the texts by --column; a.csv has: id, text'],
    [['a.csv', '--column', 'txt'], 'There is no column "txt"; a.csv has: id, text'],
    [
      ['a.jsonl'],
      'Name the field with the texts by --field; in a.jsonl the first line has: id, m.text',
    ],
    [
      ['a.jsonl', '--field', 'text'],
      'There is no text in a field "text"; in a.jsonl the first line has: id, m.text',
    ],
    [['b.jsonl', '--field', 'text'], 'b.jsonl:2 is no JSON'],
    [['empty.txt'], 'There is no text in empty.txt'],
    [['a.csv', '--policy', 'none'], 'none'],
  ])('explains what is wrong with %j', async (args, message) => {
    const folder = folderOf({
      'logo.png': Buffer.from([0x89, 0x50, 0, 1]),
      'a.csv': 'id,text\n1,hello\n',
      'a.jsonl': '{"id":"1","m":{"text":"hello"}}\n',
      'b.jsonl': '{"text":"hello"}\n{"text":ann@example.com}\n',
      'empty.txt': '',
    })
    const { code, stdout, stderr } = await audit(folder, ...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe('the readers', () => {
  /** Texts of a file that comes in these chunks. */
  function textsOf(reader: TextReader, chunks: readonly string[]): string[] {
    const texts: string[] = []
    let text = ''
    for (const piece of [...chunks.flatMap((chunk) => reader.feed(chunk)), ...reader.end()]) {
      text += piece.text
      if (!piece.isLast) continue
      texts.push(text)
      text = ''
    }
    return texts
  }

  const pieces = fc.array(fc.constantFrom('a', 'b c', '\n', ' ', '"', ',', ';', '\r\n', '""'))
  const cut = (text: string, size: number) => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []

  it('read the same lines and records however the file is cut', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 5 }), (parts, size) => {
        const text = parts.join('')
        const chunks = cut(text, size)
        expect(textsOf(new LineReader(), chunks)).toEqual(textsOf(new LineReader(), [text]))
        const json = text
          .split('\n')
          .map((t) => JSON.stringify({ t }))
          .join('\n')
        const reader = () => new JsonLinesReader('file', 't')
        if (text.trim() !== '')
          expect(textsOf(reader(), cut(json, size))).toEqual(textsOf(reader(), [json]))
        expect(recordsOf(chunks)).toEqual(recordsOf([text]))
      }),
    )
  })

  function recordsOf(chunks: readonly string[]): string[][] {
    const parser = new CsvParser(1000, () => {
      throw new Error('too long')
    })
    return [...chunks.flatMap((chunk) => parser.feed(chunk)), ...parser.end()]
  }

  it('read back every CSV that was written as RFC 4180 says', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' '), minLength: 1 })
    const records = fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1 })
    fc.assert(
      fc.property(records, (rows) => {
        const quoted = rows.map((row) => row.map((f) => `"${f.replaceAll('"', '""')}"`).join(','))
        expect(recordsOf([`x,y\r\n${quoted.join('\r\n')}`])).toEqual([['x', 'y'], ...rows])
      }),
    )
  })

  it('give up on a quote that is never closed', () => {
    expect(() => recordsOf([`a,b\n"${'x'.repeat(2000)}`])).toThrow('too long')
  })
})

describe('valueShape', () => {
  it.each([
    ['123-45-6789', 'NNN-NN-NNNN'],
    ['Ann.Lee+7@Example.org', 'Aaa.Aaa+N@Aaaaaaa.aaa'],
    ['٤١١١ Ünï 中文', 'NNNN Aaa aa'],
    ['a\u001b[31m\n{b}', 'a??NNa ?a?'],
    ['x'.repeat(50), `${'a'.repeat(40)}...`],
  ])('of %j is %j', (value, shape) => {
    expect(valueShape(value)).toBe(shape)
  })

  it('has no letter or digit of the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(valueShape(value)).toMatch(/^[AaN? \-./:@()+_,=]*$/)
      }),
    )
  })
})
