/**
 * The columns of Meta's `payload.schema`, each described here and nowhere else.
 * - `rule`: which normaliser of lib/audience/normalise.ts applies
 * - `hashed`: sent as SHA-256, or as it is
 * - `aliases`: other spellings taken in a schema and in a user; sent under the canonical name
 * - `identifies`: `strong` fields name one person on their own; `weak` ones only together with others;
 *   a row with `none` but these names nobody
 *
 * Source: Meta's customer file custom audiences guide, "Hashing and Normalization for Multi-Key".
 */
export const SCHEMA_FIELDS = {
  EMAIL: { rule: 'email', hashed: true, identifies: 'strong', aliases: ['EMAIL_SHA256'] },
  PHONE: { rule: 'phone', hashed: true, identifies: 'strong', aliases: ['PHONE_SHA256'] },
  GEN: { rule: 'gender', hashed: true, identifies: 'weak', aliases: [] },
  DOBY: { rule: 'birthYear', hashed: true, identifies: 'weak', aliases: [] },
  DOBM: { rule: 'birthMonth', hashed: true, identifies: 'weak', aliases: [] },
  DOBD: { rule: 'birthDay', hashed: true, identifies: 'weak', aliases: [] },
  LN: { rule: 'name', hashed: true, identifies: 'weak', aliases: [] },
  FN: { rule: 'name', hashed: true, identifies: 'weak', aliases: [] },
  FI: { rule: 'initial', hashed: true, identifies: 'weak', aliases: [] },
  CT: { rule: 'city', hashed: true, identifies: 'weak', aliases: [] },
  ST: { rule: 'state', hashed: true, identifies: 'weak', aliases: [] },
  ZIP: { rule: 'zip', hashed: true, identifies: 'weak', aliases: [] },
  COUNTRY: { rule: 'country', hashed: true, identifies: 'weak', aliases: [] },
  MADID: { rule: 'advertiserId', hashed: false, identifies: 'strong', aliases: ['MOBILE_ADVERTISER_ID'] },
  EXTERN_ID: { rule: 'externalId', hashed: false, identifies: 'strong', aliases: [] },
  LOOKALIKE_VALUE: { rule: 'lookalikeValue', hashed: false, identifies: 'none', aliases: [] },
  DATA_PROCESSING_OPTIONS: { rule: 'processingOptions', hashed: false, identifies: 'none', aliases: [] },
  DATA_PROCESSING_OPTIONS_COUNTRY: { rule: 'processingCountry', hashed: false, identifies: 'none', aliases: [] },
  DATA_PROCESSING_OPTIONS_STATE: { rule: 'processingState', hashed: false, identifies: 'none', aliases: [] },
} as const satisfies Record<
  string,
  { rule: string; hashed: boolean; identifies: 'strong' | 'weak' | 'none'; aliases: readonly string[] }
>

/** The canonical name of a column, as it is sent to Meta. */
export type SchemaField = keyof typeof SCHEMA_FIELDS

/** The name of a normalisation rule. */
export type NormalisationRule = (typeof SCHEMA_FIELDS)[SchemaField]['rule']

const canonicalNames = new Map<string, SchemaField>()
for (const field of Object.keys(SCHEMA_FIELDS) as SchemaField[]) {
  for (const name of [field, ...SCHEMA_FIELDS[field].aliases]) canonicalNames.set(name, field)
}

/** Every name that a schema may use: the canonical ones and their aliases. */
export const SCHEMA_FIELD_NAMES: readonly string[] = [...canonicalNames.keys()]

/** The canonical field of one of these names. Throws RangeError for any other. */
export function canonicalField(name: string): SchemaField {
  const field = canonicalNames.get(name)
  if (field === undefined) throw new RangeError(`${name} is no schema field`)
  return field
}

/**
 * A function from a user object to its values for these fields, in their order; undefined where the user has none.
 * The exact name comes first, then an exact alias, then either in any case (the seed's own example writes `Email`);
 * null and the empty string count as absent, so that a filled alias is not hidden by an empty column.
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
    // Keys are only searched for what the exact names have not found: searching them is most of the work.
    return values.includes(undefined) ? fillFromOtherSpellings(values, user, otherSpellings) : values
  }
}

/** Whether a value stands for none, so that another spelling of its field may have one. */
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
    if (spelling === undefined || isAbsent(user[key])) continue
    if (!spelling.isAlias) inAnyCase.push([spelling.slot, user[key]])
    else values[spelling.slot] ??= user[key]
  }
  for (const [slot, value] of inAnyCase) values[slot] ??= value
  return values
}

/** Which of the fields a key means that is not a canonical name, and whether it is an alias letter by letter. */
type Spelling = { slot: number; isAlias: boolean }

/** Keys are remembered up to this many: the same few come with every user, unless somebody makes them up. */
const MOST_SPELLINGS = 1_000

function createSpellings(fields: readonly SchemaField[]): (key: string) => Spelling | undefined {
  const known = new Map<string, Spelling | undefined>()
  return (key) => {
    const spelling = known.get(key)
    if (spelling !== undefined || known.has(key)) return spelling
    const field = canonicalNames.get(key.trim().toUpperCase())
    const slot = field === undefined || field === key ? -1 : fields.indexOf(field)
    const found = slot < 0 ? undefined : { slot, isAlias: canonicalNames.has(key) }
    if (known.size < MOST_SPELLINGS) known.set(key, found)
    return found
  }
}
