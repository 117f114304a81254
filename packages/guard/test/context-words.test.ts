// Which words count for what follows, and which against it.
import { describe, expect, it } from 'vitest'
import { foldIdentifiers } from '../src/fold.ts'
import { ContextWords } from '../src/matcher/context.ts'
import { BETWEEN_WORDS, KNOWN_WORD, MIXED_WORD } from '../src/matcher/context-table.ts'
import { LiveContexts } from '../src/matcher/live-contexts.ts'
import { beginsWord, DIGIT, SEPARATOR, WORD_CLASS } from '../src/matcher/word-classes.ts'
import type { Vocabulary } from '../src/matcher/word-roles.ts'

const OF_PHONES: Vocabulary = {
  context: [
    'phone',
    'call',
    'whatsapp',
    'Teléfono',
    'telefon*',
    'телефон*',
    '电话',
    'โทร',
    'फ़ोन',
    'هاتف',
  ],
  hints: ['reach', 'office', 'numaram'],
  against: ['order', 'invoice*', '订单', 'заказ*'],
}
const OF_CARDS: Vocabulary = { context: ['card'], against: ['order', 'phone'] }
const words = new ContextWords([OF_PHONES, OF_CARDS])

/** The row of a whole word. */
function rowOf(word: string): number {
  let row = BETWEEN_WORDS
  for (const character of word) {
    row = words.table[row * words.size + words.classOf(character.charCodeAt(0))] ?? 0
  }
  return row
}

/** What is said of phones at the end of a text: by the bit of the standing. */
function standingAfter(original: string): string {
  // What counts as nothing does not reach the words either: `फ़ोन` has a mark.
  const text = foldIdentifiers(original)
  const contexts = new LiveContexts([
    [0, 1, 3, 7],
    [0, 8, 8, 24],
  ])
  let row = BETWEEN_WORDS
  let before = 0
  for (let at = 0; at <= text.length; at += 1) {
    const contextClass = at < text.length ? words.classOf(text.charCodeAt(at)) : SEPARATOR
    const symbolClass = contextClass & WORD_CLASS
    let next = words.table[row * words.size + symbolClass] ?? 0
    const begins = beginsWord(contextClass, before) && !words.goesOn(row, next)
    const isWhole = symbolClass === SEPARATOR || begins
    before = contextClass
    if (row !== BETWEEN_WORDS && (isWhole || next === KNOWN_WORD)) {
      contexts.endWord(words.rolesAt(row), at, isWhole)
      const isGlued = symbolClass === DIGIT && next === KNOWN_WORD
      const begun = words.table[BETWEEN_WORDS * words.size + symbolClass] ?? 0
      next = isGlued ? MIXED_WORD : begun
    }
    row = next
  }
  return ['against', 'silent', '', 'hinted', '', '', '', 'announced'][contexts.bits & 7] ?? ''
}

describe('a word', () => {
  it.each([
    ['phone', 'announced'],
    ['the PHONE:', 'announced'],
    ['teléfono', 'announced'],
    ['TELÉFONO', 'announced'],
    ['tele\u0301fono'.normalize('NFC'), 'announced'],
    ['Telefonnummer', 'announced'],
    ['Telefon', 'announced'],
    ['телефоны', 'announced'],
    ['हमारा फ़ोन', 'announced'],
    ['رقم هاتف', 'announced'],
    ['phone2', 'announced'],
    ['phone_', 'announced'],
    ['user_phone', 'announced'],
    ['userPhone', 'announced'],
    ['mobile2Phone', 'announced'],
    ['phoneOf', 'announced'],
    ['PHONE_US', 'announced'],
    ['userphone', 'silent'],
    ['PHONEUS', 'silent'],
    ['phones', 'silent'],
    ['WhatsApp', 'announced'],
    ['phOrder', 'against'],
    ['callApp', 'announced'],
    ['xphone', 'silent'],
    ['tele', 'silent'],
    ['2phone', 'silent'],
    ['order', 'against'],
    ['invoices', 'against'],
    ['the number', 'silent'],
    ['badge number', 'against'],
    ['reach', 'hinted'],
    ['card', 'silent'],
    ['Artikelnummer', 'against'],
    ['articlenummer2', 'against'],
    ['tilausnumeroni', 'against'],
    ['rendelésszám', 'against'],
    ['Kundennr', 'against'],
    ['Telefonnummer', 'announced'],
    ['nummerx', 'silent'],
    ['mi número de2', 'hinted'],
    ['Nummernschild', 'silent'],
    ['xxnummnummer', 'against'],
  ])('of one list or none: %j is %s', (text, standing) => {
    expect(standingAfter(text)).toBe(standing)
  })

  it.each([
    ['请拨打电话', 'announced'],
    ['我的电话是', 'announced'],
    ['电话号码', 'announced'],
    ['订单号码', 'against'],
    ['订单电话', 'announced'],
    ['电', 'silent'],
    ['电脑话', 'silent'],
    ['เบอร์โทร', 'announced'],
    ['invoices电话', 'announced'],
    ['电话phone', 'announced'],
    ['订单2phone', 'against'],
  ])('counts anywhere in a script without spaces: %j is %s', (text, standing) => {
    expect(standingAfter(text)).toBe(standing)
  })

  it.each([
    ['phone order', 'against'],
    ['phone, Artikelnummer', 'against'],
    ['Artikelnummer, Telefon', 'announced'],
    ["the man's number", 'hinted'],
    ['order phone', 'announced'],
    ['call me about order', 'against'],
    ['order number', 'against'],
    ['phone number', 'announced'],
    ['the order, its number', 'against'],
    ['order: reach', 'hinted'],
    ['phone (office)', 'announced'],
    ['my number', 'hinted'],
    ['my order number', 'against'],
    ['my customer number', 'against'],
    ['another number', 'hinted'],
    ['reach us about badge number', 'against'],
    ['reach me, the number', 'hinted'],
    ['call the support number', 'announced'],
    ['my own number', 'hinted'],
    ['my Israeli number', 'hinted'],
    ['the badge nº', 'against'],
    ['mi número de cliente', 'against'],
    ['mi número de teléfono', 'announced'],
    ['mi número, de noche', 'against'],
    ['reach number', 'hinted'],
    ['phone number de', 'announced'],
    ['my de', 'silent'],
    ['their badge number', 'against'],
    ['my phone number', 'announced'],
    ['order. my number', 'hinted'],
    ['我的号码', 'hinted'],
    ['badge no', 'against'],
    ['badge no it', 'silent'],
    ['no, it', 'silent'],
    ['no no it', 'silent'],
    ['order no it', 'against'],
    ['order no a b c d e', 'silent'],
    ['phone no', 'announced'],
    ['my no', 'hinted'],
    ['which number', 'silent'],
    ['order numaram', 'against'],
    ['numaram', 'hinted'],
    ['phone numaram', 'announced'],
  ])('gives way to a nearer one: %j is %s', (text, standing) => {
    expect(standingAfter(text)).toBe(standing)
  })

  it.each([
    ['phone a b c d', 'announced'],
    ['phone a b c d e', 'silent'],
    ['order a b c d e', 'silent'],
    ['order a b number c d', 'against'],
    ['phone a b number c d e f g', 'silent'],
    [`phone ${'12 '.repeat(19)}`, 'announced'],
    [`phone ${'12 '.repeat(20)}`, 'silent'],
    [`phone a b c d ${'12 '.repeat(4)}`, 'silent'],
    ['phone a b c card2', 'announced'],
    ['phone a b c d card2', 'silent'],
    ['phone a b c 我的我的我的', 'announced'],
  ])('counts for five words or twenty numbers: %j is %s', (text, standing) => {
    expect(standingAfter(text)).toBe(standing)
  })
})

it('knows afterwards what was live where a match began', () => {
  const contexts = new LiveContexts([[0, 1, 3, 7]])
  contexts.endWord(words.rolesAt(rowOf('phone')), 10, true)
  contexts.endWord(words.rolesAt(rowOf('order')), 20, true)
  const liveAt = (offset: number) => [1, 2, 4].map((bit) => contexts.wasLive(bit, offset))
  expect(liveAt(9)).toEqual([true, false, false])
  expect(liveAt(10)).toEqual([true, true, true])
  expect(liveAt(20)).toEqual([false, false, false])
})
