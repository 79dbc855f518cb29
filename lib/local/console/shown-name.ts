const LONGEST_SHOWN = 100

const E_MAIL = /[@＠]|%40/

/** Long digits that nobody is called by: UUIDs, hashes and other hexadecimal ids, and times in ms since 1970. */
const IDS = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\b(?=\d*[a-f])[\da-f]{24,}\b|(?<![\d+])1[5-9]\d{11}(?!\d)/gi

/** Digits with what people write between them: five after a plus, or nine. */
const PHONE = /(?:\+|%2b)[\s(]{0,2}(?:\p{Nd}[\s()./_%\p{Pd}]{0,3}){5}|(?:\p{Nd}[\s()./_%\p{Pd}]{0,3}){9}/iu

/** What a page would not show, or would let other letters be read in another order. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}]/gu

/**
 * A name or an id that a sender chose, short. One that may be an e-mail address or a phone number is not shown: some
 * senders put them there.
 */
export function shownName(text: string): string {
  // Full-width digits and plus signs become usual ones.
  const plain = text.normalize('NFKC')
  if (E_MAIL.test(plain)) return '(not shown: it has an e-mail address)'
  if (PHONE.test(plain.replace(IDS, ' id '))) return '(not shown: it may be a phone number)'
  const letters = Array.from(text.replace(UNSEEN, '\uFFFD'))
  return letters.length > LONGEST_SHOWN ? `${letters.slice(0, LONGEST_SHOWN).join('')}…` : letters.join('')
}
