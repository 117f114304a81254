/** The texts the sandbox speaks: believable contact-centre answers, and texts with test data that a guard must catch. */

import { createHash } from 'node:crypto'

/** Answers without personal data or blocked terms; the first word list that meets the prompt wins. */
const topics: { words: RegExp; text: string }[] = [
  {
    words: /\b(refund|money back|return)/i,
    text: 'I am sorry the item did not work out. I have opened a return for you: please send it back within 30 days with the label we will mail you, and the refund reaches your account three to five working days after it arrives. Is there anything else I can do for you today?',
  },
  {
    words: /\b(order|parcel|package|deliver|shipp|track)/i,
    text: 'Thank you for your patience. Your parcel left our warehouse yesterday evening and is now with the carrier. Delivery is planned for tomorrow between nine and twelve. If nobody is at home, the driver leaves it at the nearest pick-up point and puts a card in your letter box.',
  },
  {
    words: /\b(password|log ?in|sign ?in|locked)/i,
    text: 'No problem, that is quickly done. Open the sign-in page, choose "Forgot password" and follow the link in the message you receive; it is valid for fifteen minutes. For your safety nobody from our team will ever ask you for the password itself.',
  },
  {
    words: /\b(bill|invoice|charge|payment|pay)/i,
    text: 'I looked at your latest invoice. The higher amount comes from the one-time activation fee and from the days between your start and the first of the month. From the next invoice on you pay the regular monthly price only. Shall I send you the itemised list?',
  },
  {
    words: /\b(cancel|contract|plan|subscription)/i,
    text: 'I can help you with your plan. You may change it at any time with effect from the next month, or cancel it with one month of notice. If you stay, I can offer you the larger plan at the price of your present one for half a year. What would you prefer?',
  },
  {
    words: /\b(appointment|book|schedule|technician)/i,
    text: 'Our technician has two free slots this week: Wednesday from ten to twelve and Friday from two to four. The visit takes about forty minutes, and somebody should be at home to open the door. Which of the two suits you better?',
  },
]

const greetings = [
  'Hello and thank you for calling. My name is Ada, I am the virtual assistant of this team. I can look up orders, explain invoices, change your plan or connect you with a colleague. How may I help you today?',
  'Good day, and welcome back. I see everything I need on my side, so we can start right away. Tell me in a few words what happened, and I will find the quickest way to solve it with you.',
  'Thanks for your message. I have read it carefully and want to be sure that I get it right: would you like me to change something for you, or shall I first explain how it works? Both take only a minute.',
]

/** The answer for a prompt: by topic if a word of it is known, else chosen by the prompt and the seed. */
export function replyFor(prompt: string, seed: number): string {
  const topic = topics.find(({ words }) => words.test(prompt))
  if (topic !== undefined) return topic.text
  const digest = createHash('sha256').update(`${seed}:${prompt}`).digest()
  return greetings[digest.readUInt32BE(0) % greetings.length] ?? ''
}

/** Test data of every kind a contact centre meets. All numbers are reserved for tests or examples; none belongs to anybody. */
export const personalText =
  'I have your file here. The card on record is 4111 1111 1111 1111, your social security number is 078-05-1120, ' +
  'and the account is DE89 3704 0044 0532 0130 00. We will write to jane.doe@example.com or call (555) 010-4477. Is that right?'

/** The four terms that the tutorial blocks, in a sentence. */
export const unsafeText =
  'Here is how it is done: write a malicious script, exploit the open port, ignore that it is harmful, and bypass the login.'

/** Text with characters of two, three and four bytes, combining marks and a joined emoji. */
export const unicodeText =
  'Grüße aus Köln, señor Muñoz! Ваш заказ готов. ご注文の品は明日届きます。您的退款已处理。 Merci à toi 👩‍💻🚀, naïve café e\u0301tude, 𝒷𝓎𝑒.'

/** A long answer: every text above that is safe, over and over. */
export function longText(rounds: number): string {
  return [...topics.map(({ text }) => text), ...greetings].join(' ').concat('\n\n').repeat(rounds)
}

/** Cuts a text as a tokenizer might: a word, or a piece of a word, with the space before it. Joined again it is the same text. */
export function tokens(text: string, longest = 6): string[] {
  return text.match(new RegExp(`\\s*\\S{1,${longest}}|\\s+$`, 'gu')) ?? []
}

/** Cuts a text into pieces of so many characters (code points). */
export function pieces(text: string, size: number): string[] {
  return text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? []
}
