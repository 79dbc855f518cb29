import type { SettingsPicture } from '../feed.ts'

/** Made-up values; they are typed in on the page, and nobody's. */
const VALUES: Readonly<Record<string, string>> = {
  EMAIL: 'ann@example.com',
  PHONE: '+1 555 0100',
  FN: 'Ann',
  LN: 'Example',
  CT: 'Springfield',
  ST: 'il',
  ZIP: '62701',
  COUNTRY: 'us',
  GEN: 'f',
  DOBY: '1988',
  DOBM: '03',
  DOBD: '09',
  EXTERN_ID: 'customer-1',
  MADID: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  LOOKALIKE_VALUE: '12.5',
}

/** An event of this source that leads to something, to begin with: the first that the settings map. `now` is its time. */
export function exampleEvent({ sources, mappings }: SettingsPicture, source: string, now: number): string {
  const fields = sources.find(({ name }) => name === source)?.fields ?? []
  const user = Object.fromEntries(fields.slice(0, 4).map((field) => [field, VALUES[field] ?? 'value']))
  const mapping = mappings.find((each) => each.source === source && each.kind === 'event')
  const event = mapping?.name ?? 'USER_ADD'
  const properties = mapping?.action === undefined ? { userListAdd: [user] } : user
  return JSON.stringify(
    { type: 'track', event, messageId: 'my-first-event', timestamp: new Date(now).toISOString(), properties },
    null,
    2,
  )
}
