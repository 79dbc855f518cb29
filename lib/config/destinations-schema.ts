import * as v from 'valibot'
import { DATA_SOURCE_SUB_TYPES, DATA_SOURCE_TYPES } from './data-source.ts'
import { events, memberships, sourceAudience } from './audience-mappings-schema.ts'
import { consent } from './consent-schema.ts'
import { column } from './schema-column.ts'
import { userFields } from './user-fields-schema.ts'

const name = v.pipe(
  v.string('must be text'),
  v.regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 letters, digits, "-" or "_", beginning with a letter'),
)

const origin = v.pipe(
  v.string('must be text'),
  v.check(
    (value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value),
    'must be an exact origin such as "https://www.example.com" (no path, no trailing slash), or "*"',
  ),
)

const text = (about: string) =>
  v.pipe(v.string('must be text'), v.minLength(1, 'may not be empty'), v.description(about))
const flag = (about: string) => v.optional(v.pipe(v.boolean('must be true or false'), v.description(about)), false)

const AD_ACCOUNT_ID =
  'must be the ad account id in quotes, digits with or without "act_" before them, such as "act_1234567890": the address bar of Ads Manager shows it after act='

export const sourceSchema = v.strictObject({
  name: v.pipe(name, v.description('Names the entry of the write-keys secret that is its key')),
  allowedOrigins: v.optional(
    v.pipe(
      v.array(origin, 'must be a list of origins'),
      v.minLength(1, 'needs at least one origin'),
      v.description('Browsers may use it from these origins, or from "*". Its key is public then'),
    ),
  ),
  signed: flag('Webhook bodies carry x-signature, checked with the signing secret of this source'),
  secretHeader: v.optional(
    v.pipe(
      text('Name of a header that may carry the write key'),
      v.regex(/^[A-Za-z0-9-]+$/, 'must be a header name'),
      v.toLowerCase(),
    ),
  ),
  clock: v.optional(
    v.pipe(
      v.picklist(['trusted', 'corrected'], 'must be "trusted" or "corrected"'),
      v.description(
        'Whether its times are right (trusted), or are corrected by how long before the sending they were; trusted without allowedOrigins, corrected with them',
      ),
    ),
  ),
  mayErase: flag('May call /v1/erase and /v1/unerase'),
})

export const destinationSchema = v.strictObject({
  name: v.pipe(name, v.description('Names its secret, metrics and log lines')),
  userSchema: v.pipe(
    v.array(column, 'must be a list of fields'),
    v.minLength(1, 'needs at least one field'),
    v.description('Fields of Meta’s schema, in the order in which they are sent'),
  ),
  events,
  memberships,
  sourceAudience,
  userFields,
  dryRun: flag('A trial run: everything happens but the requests to Meta, and what would have been sent is counted'),
  consent,
  isHashRequired: v.optional(
    v.pipe(
      v.boolean('must be true or false'),
      v.description('Hash with SHA-256. When false the values must be hashes already, and plain ones are not sent'),
    ),
    true,
  ),
  disableFormat: flag('Hash values as they are, without normalising them'),
  accessTokenSecret: v.optional(
    v.pipe(
      text('Name or whole ARN of your own secret with the access token; else the stack creates one'),
      v.regex(
        /^(?:[\w/+=.@-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}-[A-Za-z0-9]{6})$/,
        'must be the name of a secret (letters, digits and /_+=.@-), or its whole ARN, with the six characters at its end',
      ),
    ),
  ),
  sources: v.optional(
    v.pipe(
      v.array(name, 'must be a list of source names'),
      v.minLength(1, 'needs at least one source name'),
      v.description('Sources that feed it; all without allowedOrigins when absent'),
    ),
  ),
  adAccountId: v.optional(
    v.pipe(
      v.string(AD_ACCOUNT_ID),
      v.regex(/^(?:act_)?[1-9]\d{0,19}$/, AD_ACCOUNT_ID),
      v.description(
        'Erasures also remove the person from the audiences of this ad account that are not named here; it does nothing else',
      ),
      v.transform((id) => (id.startsWith('act_') ? id : `act_${id}`)),
    ),
  ),
  apiVersion: v.optional(
    v.pipe(text('Version of the Graph API'), v.regex(/^v\d{1,3}\.0$/, 'must look like "v26.0"')),
    'v26.0',
  ),
  maxUserCount: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number'),
      v.minValue(1, 'must be at least 1'),
      v.maxValue(10_000, 'must be at most 10000: Meta takes no more users in one request'),
      v.description('Users in one request to Meta, at most'),
    ),
    10_000,
  ),
  isRaw: v.optional(v.pipe(v.boolean('must be true or false'), v.description('Sent as payload.is_raw'))),
  type: v.optional(
    v.pipe(
      v.picklist(DATA_SOURCE_TYPES, `must be one of ${DATA_SOURCE_TYPES.join(', ')}`),
      v.description('Sent as payload.data_source.type'),
    ),
  ),
  subType: v.optional(
    v.pipe(
      v.picklist(DATA_SOURCE_SUB_TYPES, `must be one of ${DATA_SOURCE_SUB_TYPES.join(', ')}`),
      v.description('Sent as payload.data_source.sub_type'),
    ),
  ),
  isValueBasedAudience: flag('The audience was created value based; needs LOOKALIKE_VALUE in userSchema'),
  defaultCountry: v.optional(
    v.pipe(
      text('Two-letter country of phone numbers that are written without a country code'),
      v.regex(/^[A-Za-z]{2}$/, 'must be a two-letter country code'),
      v.toUpperCase(),
      v.check(
        (code) => new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined,
        'must be the code of a country, such as "US", "GB" or "DE"',
      ),
    ),
  ),
  limitedDataUse: v.optional(
    v.pipe(
      v.union(
        [
          v.literal(true),
          v.strictObject({
            country: v.picklist([0, 1]),
            state: v.pipe(
              v.number(),
              v.integer('must be a whole number'),
              v.check((state) => state === 0 || state >= 1000, 'must be 0 or a state code such as 1000'),
            ),
          }),
        ],
        'must be true, or {"country": 0 or 1, "state": 0 or a state code such as 1000}',
      ),
      v.description('Limited Data Use: true lets Meta locate the person'),
    ),
  ),
})

/** What an operator writes in cdk/destinations.json; the JSON Schema beside it is generated from this. */
export const destinationsSchema = v.strictObject({
  $schema: v.optional(v.string('must be text')),
  sources: v.pipe(v.array(sourceSchema, 'must be a list of sources'), v.minLength(1, 'needs at least one source')),
  destinations: v.pipe(
    v.array(destinationSchema, 'must be a list of destinations'),
    v.minLength(1, 'needs at least one destination'),
  ),
})

export type Source = v.InferOutput<typeof sourceSchema>
export type Destination = Omit<v.InferOutput<typeof destinationSchema>, 'sources'> & { sources: readonly string[] }
export type Destinations = { sources: readonly Source[]; destinations: readonly Destination[] }
