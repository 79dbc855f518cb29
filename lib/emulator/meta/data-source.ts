import { invalidParameter } from './graph-error.ts'
import { isRecord } from './json.ts'

const TYPES = new Set(
  'UNKNOWN FILE_IMPORTED EVENT_BASED SEED_BASED THIRD_PARTY_IMPORTED COPY_PASTE CONTACT_IMPORTER HOUSEHOLD_AUDIENCE'.split(
    ' ',
  ),
)

const SUB_TYPES = new Set(
  [
    'ANYTHING NOTHING HASHES USER_IDS HASHES_OR_USER_IDS MOBILE_ADVERTISER_IDS EXTERNAL_IDS MULTI_HASHES TOKENS',
    'EXTERNAL_IDS_MIX HOUSEHOLD_EXPANSION SUBSCRIBER_LIST WEB_PIXEL_HITS MOBILE_APP_EVENTS',
    'MOBILE_APP_COMBINATION_EVENTS VIDEO_EVENTS WEB_PIXEL_COMBINATION_EVENTS PLATFORM MULTI_DATA_EVENTS',
    'IG_BUSINESS_EVENTS STORE_VISIT_EVENTS INSTANT_ARTICLE_EVENTS FB_EVENT_SIGNALS FACEBOOK_WIFI_EVENTS',
    'AR_EXPERIENCE_EVENTS AR_EFFECTS_EVENTS MESSENGER_ONSITE_SUBSCRIPTION WHATSAPP_SUBSCRIBER_POOL',
    'MARKETPLACE_LISTINGS AD_CAMPAIGN GROUP_EVENTS MESSAGE_CAMPAIGN ENGAGEMENT_EVENT_USERS CUSTOM_AUDIENCE_USERS',
    'PAGE_FANS CONVERSION_PIXEL_HITS APP_USERS S_EXPR DYNAMIC_RULE CAMPAIGN_CONVERSIONS',
    'WEB_PIXEL_HITS_CUSTOM_AUDIENCE_USERS MOBILE_APP_CUSTOM_AUDIENCE_USERS COMBINATION_CUSTOM_AUDIENCE_USERS',
    'VIDEO_EVENT_USERS FB_PIXEL_HITS IG_PROMOTED_POST PLACE_VISITS OFFLINE_EVENT_USERS EXPANDED_AUDIENCE SEED_LIST',
    'PARTNER_CATEGORY_USERS PAGE_SMART_AUDIENCE MULTICOUNTRY_COMBINATION PLATFORM_USERS MULTI_EVENT_SOURCE',
    'SMART_AUDIENCE LOOKALIKE_PLATFORM SIGNAL_SOURCE MAIL_CHIMP_EMAIL_HASHES CONSTANT_CONTACTS_EMAIL_HASHES',
    'COPY_PASTE_EMAIL_HASHES CUSTOM_DATA_TARGETING CONTACT_IMPORTER DATA_FILE',
  ].flatMap((line) => line.split(' ')),
)

/** Checks `payload.data_source` against the two enumerations of Meta's custom audience users reference. */
export function checkDataSource(dataSource: unknown): void {
  if (dataSource === undefined) return
  if (!isRecord(dataSource)) throw invalidParameter('Param payload[data_source] must be an object')
  const { type, sub_type: subType } = dataSource
  if (type !== undefined && !(typeof type === 'string' && TYPES.has(type)))
    throw invalidParameter(`Param payload[data_source][type] must be one of {${[...TYPES].join(', ')}}`)

  if (subType !== undefined && !(typeof subType === 'string' && SUB_TYPES.has(subType)))
    throw invalidParameter(`Param payload[data_source][sub_type] must be one of {${[...SUB_TYPES].join(', ')}}`)
}
