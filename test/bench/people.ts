/**
 * Made-up customers, as messy as real lists, the same for the same seed. What people share repeats as it does in
 * life, where the 1,000 commonest of 150,000 surnames cover some 40 %; emails, phones and ids never repeat. Every
 * value is parsed from JSON, as in production, so that nothing comes with work already done.
 */
export type Person = Readonly<Record<string, string | number>>

export type PeopleOptions = {
  /** Phone numbers as written at home, with the row's country, in place of international ones. */
  nationalPhones?: boolean
  /** No two people share a name, a city or a zip: the worst case for anything that remembers. */
  nothingRepeats?: boolean
}

export function makePeople(count: number, seed: number, options: PeopleOptions = {}): Person[] {
  const random = generator(seed)
  const people = Array.from({ length: count }, (_, index) => makePerson(seed * count + index, random, options))
  return JSON.parse(JSON.stringify(people)) as Person[]
}

const COUNTRIES = [
  { weight: 62, zip: '#####', names: ['US', 'us', 'USA', 'United States'], phones: ['(@##) @##-####', '@## @## ####'] },
  {
    weight: 12,
    zip: 'A## #AA',
    names: ['GB', 'gb', 'United Kingdom', 'UK'],
    phones: ['07### ######', '020 7### ####'],
  },
  { weight: 9, zip: '#####', names: ['DE', 'de', 'Germany'], phones: ['0151 ########', '030/######'] },
  { weight: 8, zip: '#####', names: ['FR', 'fr', 'France'], phones: ['06 ## ## ## ##', '01.##.##.##.##'] },
  { weight: 9, zip: '#####-###', names: ['BR', 'br', 'Brazil'], phones: ['(11) 9####-####', '21 9########'] },
]
const CALLING_CODES = ['1', '44', '49', '33', '55']
const STATES = ['CA', 'tx', 'New York', 'FL', 'Illinois', 'pa', 'Ohio', 'GA', 'North Carolina', 'Michigan', 'Bayern']
const MAIL_HOSTS = ['gmail.com', 'yahoo.com', 'hotmail.com', 'outlook.com', 'icloud.com', 'example.co.uk', 'acme.org']
const GENDERS = ['M', 'F', 'male', 'female', 'f', 'm', 'Woman', 'Man', '']
const MONTHS = ['1', '02', 3, '4', '05', 6, 'July', '08', 9, '10', 'Nov', '12']
const SYLLABLES = (
  'an el ma ri jo ha li na so be ke ra to mi da le va no sa ti chi mar ber son lé ton ger wil mc fer lo ' +
  'ko ste vi ro du pe gar cia ng tran ski öz al der fa hu is ja ku lu mo ne pa re si ta ur wa xi yu zo'
).split(' ')

const firstNames = zipf(20_000, 0.85)
const lastNames = zipf(150_000, 0.8)
const cities = zipf(30_000, 0.8)
const zips = zipf(40_000, 0.4)

function makePerson(id: number, random: () => number, options: PeopleOptions): Person {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const rank = (ranks: () => number) => (options.nothingRepeats ? id + 200_000 : ranks())
  const first = word(
    rank(() => firstNames(random())),
    1,
  )
  const last = word(
    rank(() => lastNames(random())),
    2,
  )
  const town = word(
    rank(() => cities(random())),
    3,
  )
  const nation = pickNation(random())
  const address = `${first}.${last}${id}@${pick(MAIL_HOSTS)}`.normalize('NFD').replace(/[^\w.@]/g, '')
  const home = COUNTRIES[nation] ?? COUNTRIES[0]
  const digits = (mask: string, seed: number) => fill(mask, generator(seed))
  return {
    // Addresses come from forms and log-ins: two of three have been in lower case all along.
    EMAIL: random() < 0.66 ? address : mess(address, random),
    PHONE: options.nationalPhones
      ? digits(pick(home?.phones ?? []), id)
      : `+${CALLING_CODES[nation] ?? ''} ${digits(pick(['@## ### ####', '(@##) ###-####', '@#########']), id)}`,
    GEN: pick(GENDERS),
    DOBY: pick([1940, '1950']) === 1940 ? 1940 + Math.floor(random() * 66) : String(1940 + Math.floor(random() * 66)),
    DOBM: pick(MONTHS),
    DOBD: 1 + Math.floor(random() * 31),
    LN: mess(random() < 0.03 ? `O'${last}` : last, random),
    FN: mess(random() < 0.05 ? `${first}-${first}` : first, random),
    FI: first.slice(0, 1).toUpperCase(),
    CT: mess(random() < 0.3 ? `San ${town}` : town, random),
    ST: pick(STATES),
    ZIP: digits(home?.zip ?? '', rank(() => zips(random())) * 7 + nation),
    COUNTRY: pick(home?.names ?? []),
    MADID: fill('XXXXXXXX-XXXX-4XXX-XXXX-XXXXXXXXXXXX', generator(id)),
    EXTERN_ID: `customer-${id}`,
  }
}

/** Capitals, spaces around and stray punctuation, as people and spreadsheets leave them. */
function mess(text: string, random: () => number): string {
  const kind = random()
  if (kind < 0.1) return text.toUpperCase()
  if (kind < 0.15) return ` ${text}`
  if (kind < 0.2) return `${text} `
  return kind < 0.8 ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

/** The word of a rank: the same each time, of two to four syllables. */
function word(rank: number, kind: number): string {
  let rest = rank + kind * 7_919
  let text = ''
  do {
    text += SYLLABLES[rest % SYLLABLES.length] ?? ''
    rest = Math.floor(rest / SYLLABLES.length)
  } while (rest > 0)
  return text
}

/** `#` is a digit, `@` one from 2 to 9, `A` a letter and `X` a hexadecimal digit. */
function fill(mask: string, random: () => number): string {
  return mask.replace(/[#@AX]/g, (place) => {
    if (place === 'A') return String.fromCharCode(65 + Math.floor(random() * 26))
    if (place === 'X')
      return Math.floor(random() * 16)
        .toString(16)
        .toUpperCase()
    return String(place === '@' ? 2 + Math.floor(random() * 8) : Math.floor(random() * 10))
  })
}

function pickNation(at: number): number {
  let rest = at * 100
  return COUNTRIES.findIndex(({ weight }) => (rest -= weight) < 0)
}

/** Ranks of which the n-th is drawn in proportion to 1 / n^exponent. */
function zipf(count: number, exponent: number): (at: number) => number {
  const cumulative = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) cumulative[rank] = sum += 1 / (rank + 1) ** exponent
  return (at) => {
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulative[middle] ?? 0) < at * sum) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A small seeded generator of numbers from 0 up to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}
