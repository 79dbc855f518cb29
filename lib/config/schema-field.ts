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

/** The canonical field for a name or alias in any case, or undefined. */
export function schemaField(name: string): SchemaField | undefined {
  return canonicalNames.get(name.trim().toUpperCase())
}

/**
 * The value that a user object holds for a field: under the exact name first, then an exact alias, then either
 * in any case (the seed's own example writes `Email`).
 */
export function fieldValue(user: Readonly<Record<string, unknown>>, field: SchemaField): unknown {
  const names: readonly string[] = [field, ...SCHEMA_FIELDS[field].aliases]
  for (const name of names) if (Object.hasOwn(user, name)) return user[name]
  for (const key of Object.keys(user)) if (names.includes(key.toUpperCase())) return user[key]
  return undefined
}
