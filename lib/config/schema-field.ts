/**
 * The columns of Meta's `payload.schema`. Each is described here and nowhere else.
 * - `rule`: the normaliser of lib/audience/normalise.ts
 * - `hashed`: sent as SHA-256, or as it is
 * - `aliases`: other spellings taken in a schema and in a user; sent under the canonical name
 * - `traits`: what identify and track calls name it, see defaultPaths in user-fields.ts
 * - `mistaken`: names that people use for it and that are not taken, so that they can be told the right one
 * - `identifies`: `strong` fields name one person on their own; `weak` ones only together with others (see TOO_BROAD);
 *   a row with `none` but these names nobody
 * - `needsCountry`: its rule asks for the user's COUNTRY, so that is kept as well
 * - `addedBy`: the setting that adds this column to what a destination names
 *
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export const SCHEMA_FIELDS = {
  EMAIL: {
    rule: 'email',
    hashed: true,
    identifies: 'strong',
    aliases: ['EMAIL_SHA256'],
    traits: ['email'],
    mistaken: ['mail', 'em', 'emailAddress', 'userEmail', 'customerEmail', 'hashedEmail'],
  },
  PHONE: {
    rule: 'phone',
    hashed: true,
    needsCountry: true,
    identifies: 'strong',
    aliases: ['PHONE_SHA256'],
    traits: ['phone'],
    mistaken: [
      'ph',
      'phoneNumber',
      'mobile',
      'mobileNumber',
      'mobilePhone',
      'telephone',
      'tel',
      'cell',
      'cellPhone',
      'telefon',
      'telefonnummer',
      'handy',
      'handynummer',
      'mobil',
      'mobilnummer',
      'mobiltelefon',
    ],
  },
  GEN: {
    rule: 'gender',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['gender'],
    mistaken: ['gender', 'sex', 'ge', 'geschlecht'],
  },
  DOBY: {
    rule: 'birthYear',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['birthday'],
    mistaken: ['birthYear', 'yearOfBirth', 'dob', 'db', 'birthday', 'birthdate', 'dateOfBirth'],
  },
  DOBM: {
    rule: 'birthMonth',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['birthday'],
    mistaken: ['birthMonth', 'monthOfBirth'],
  },
  DOBD: {
    rule: 'birthDay',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['birthday'],
    mistaken: ['dayOfBirth'],
  },
  LN: {
    rule: 'name',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['lastName', 'last_name', 'lastname'],
    mistaken: ['lastName', 'surname', 'familyName', 'lname', 'nachname', 'familienname'],
  },
  FN: {
    rule: 'name',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['firstName', 'first_name', 'firstname'],
    mistaken: ['firstName', 'givenName', 'forename', 'fname', 'vorname'],
  },
  FI: {
    rule: 'initial',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['firstName', 'first_name', 'firstname'],
    mistaken: ['initial', 'firstInitial'],
  },
  CT: {
    rule: 'city',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['address.city'],
    mistaken: ['city', 'town', 'ort', 'wohnort', 'stadt'],
  },
  ST: {
    rule: 'state',
    hashed: true,
    needsCountry: true,
    identifies: 'weak',
    aliases: [],
    traits: ['address.state'],
    mistaken: ['state', 'province', 'region', 'stateRegion', 'stateProvince', 'stateCode', 'provinceCode'],
  },
  ZIP: {
    rule: 'zip',
    hashed: true,
    needsCountry: true,
    identifies: 'weak',
    aliases: [],
    traits: ['address.postalCode', 'address.zip'],
    mistaken: ['zipCode', 'zp', 'postcode', 'postalCode', 'zipPostalCode', 'plz', 'postleitzahl'],
  },
  COUNTRY: {
    rule: 'country',
    hashed: true,
    identifies: 'weak',
    aliases: [],
    traits: ['address.country'],
    mistaken: ['countryCode', 'countryRegion'],
  },
  MADID: {
    rule: 'advertiserId',
    hashed: false,
    identifies: 'strong',
    aliases: ['MOBILE_ADVERTISER_ID'],
    traits: [],
    mistaken: ['idfa', 'gaid', 'aaid', 'advertisingId', 'advertiserId', 'mobileAdId'],
  },
  EXTERN_ID: {
    rule: 'externalId',
    hashed: false,
    identifies: 'strong',
    aliases: [],
    traits: [],
    mistaken: ['externalId', 'userId', 'customerId'],
  },
  LOOKALIKE_VALUE: {
    rule: 'lookalikeValue',
    hashed: false,
    identifies: 'none',
    aliases: [],
    traits: [],
    mistaken: ['ltv', 'lifetimeValue'],
  },
  DATA_PROCESSING_OPTIONS: {
    rule: 'processingOptions',
    hashed: false,
    addedBy: 'limitedDataUse',
    identifies: 'none',
    aliases: [],
    traits: [],
    mistaken: ['ldu'],
  },
  DATA_PROCESSING_OPTIONS_COUNTRY: {
    rule: 'processingCountry',
    hashed: false,
    addedBy: 'limitedDataUse',
    identifies: 'none',
    aliases: [],
    traits: [],
    mistaken: [],
  },
  DATA_PROCESSING_OPTIONS_STATE: {
    rule: 'processingState',
    hashed: false,
    addedBy: 'limitedDataUse',
    identifies: 'none',
    aliases: [],
    traits: [],
    mistaken: [],
  },
} as const satisfies Record<
  string,
  {
    rule: string
    hashed: boolean
    needsCountry?: true
    addedBy?: 'limitedDataUse'
    identifies: 'strong' | 'weak' | 'none'
    aliases: readonly string[]
    traits: readonly string[]
    mistaken: readonly string[]
  }
>

/** The canonical name of a column, as it is sent to Meta. */
export type SchemaField = keyof typeof SCHEMA_FIELDS

/** The columns that `limitedDataUse` adds to a destination's own, in their order. */
export const LIMITED_DATA_USE_FIELDS: readonly SchemaField[] = (Object.keys(SCHEMA_FIELDS) as SchemaField[]).filter(
  (field) => 'addedBy' in SCHEMA_FIELDS[field],
)

/** Whether the rule of a column asks for the user's COUNTRY. */
export function needsCountry(field: SchemaField): boolean {
  return 'needsCountry' in SCHEMA_FIELDS[field]
}

/** The fields that name one person on their own. */
export const STRONG_FIELDS: readonly SchemaField[] = (Object.keys(SCHEMA_FIELDS) as SchemaField[]).filter(
  (field) => SCHEMA_FIELDS[field].identifies === 'strong',
)

/** The name of a normalisation rule. */
export type NormalisationRule = (typeof SCHEMA_FIELDS)[SchemaField]['rule']

/**
 * Combinations of weak fields that thousands of people share. A row with only the fields of one line matches nobody.
 * Example: a first name alone, or with a gender. First name and last name together are enough.
 *
 * Source: Meta's Conversions API best practices, "Baseline requirements for matching", which names these combinations
 * and every part of them. FI stands beside FN, because it says less than FN.
 */
const TOO_BROAD: readonly (readonly SchemaField[])[] = [
  ['CT', 'ST', 'ZIP', 'COUNTRY', 'GEN'],
  ['DOBY', 'DOBM', 'DOBD'],
  ['FN', 'FI', 'GEN'],
  ['LN', 'GEN'],
]

/** Whether a row with values in only these fields can be matched to one person. */
export function canMatch(fields: readonly SchemaField[]): boolean {
  if (fields.some((field) => SCHEMA_FIELDS[field].identifies === 'strong')) return true
  const weak = fields.filter((field) => SCHEMA_FIELDS[field].identifies === 'weak')
  return weak.length > 0 && !TOO_BROAD.some((broad) => weak.every((field) => broad.includes(field)))
}

const canonicalNames = new Map<string, SchemaField>()
for (const field of Object.keys(SCHEMA_FIELDS) as SchemaField[])
  for (const name of [field, ...SCHEMA_FIELDS[field].aliases]) canonicalNames.set(name, field)

/** Every name that a schema may use: the canonical ones and their aliases. */
export const SCHEMA_FIELD_NAMES: readonly string[] = [...canonicalNames.keys()]

/** The canonical field of one of these names. Throws RangeError for any other. */
export function canonicalField(name: string): SchemaField {
  const field = canonicalNames.get(name)
  if (field === undefined) throw new RangeError(`${name} is no schema field`)
  return field
}

/** The field that a user's key means, in any case and with spaces around it; undefined for any other key. */
export function fieldOfKey(key: string): SchemaField | undefined {
  return canonicalNames.get(key.trim().toUpperCase())
}

/**
 * Makes a function from a user object to its values for these fields, in their order; undefined where the user has
 * none. The exact name comes first, then an exact alias, then either of them in any case (RudderStack's own example
 * writes `Email`). null and the empty string count as absent, so that an empty column does not hide a filled alias.
 */
export function fieldReader(
  fields: readonly SchemaField[],
): (user: Readonly<Record<string, unknown>>) => readonly unknown[] {
  const otherSpellings = createSpellings(fields)
  return (user) => {
    const values = fields.map((field) => {
      const value = user[field]
      return isAbsent(value) ? undefined : value
    })
    // Keys are searched only for fields that the exact names have not found, because searching is most of the work.
    return values.includes(undefined) ? fillFromOtherSpellings(values, user, otherSpellings) : values
  }
}

/** Whether a value counts as absent, so that another spelling of its field may have one. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function fillFromOtherSpellings(
  values: unknown[],
  user: Readonly<Record<string, unknown>>,
  spellings: (key: string) => Spelling | undefined,
): unknown[] {
  const inAnyCase: [slot: number, value: unknown][] = []
  for (const key of Object.keys(user)) {
    const spelling = spellings(key)
    if (spelling === undefined || spelling.rank === 0 || isAbsent(user[key])) continue
    if (spelling.rank === 2) inAnyCase.push([spelling.slot, user[key]])
    else values[spelling.slot] ??= user[key]
  }
  for (const [slot, value] of inAnyCase) values[slot] ??= value
  return values
}

/**
 * Which field a key means, and how exactly: 0 for its canonical name, 1 for an exact alias, 2 for either in another
 * case.
 */
type Spelling = { slot: number; rank: 0 | 1 | 2 }

/** How many keys are remembered. The same few come with every user, unless somebody makes them up. */
const MOST_SPELLINGS = 1_000

/**
 * Tells which of these fields a key means. If several keys mean one field, the one with the lowest rank comes first.
 */
export function createSpellings(fields: readonly SchemaField[]): (key: string) => Spelling | undefined {
  const known = new Map<string, Spelling | undefined>()
  return (key) => {
    const spelling = known.get(key)
    if (spelling !== undefined || known.has(key)) return spelling
    const field = fieldOfKey(key)
    const slot = field === undefined ? -1 : fields.indexOf(field)
    const found: Spelling | undefined =
      slot < 0 ? undefined : { slot, rank: field === key ? 0 : canonicalNames.has(key) ? 1 : 2 }
    if (known.size < MOST_SPELLINGS) known.set(key, found)
    return found
  }
}
