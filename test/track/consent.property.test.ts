import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toOperations } from '../../lib/audience/operation.ts'
import type { Destinations } from '../../lib/config/destinations-schema.ts'
import { decodeMessage, packMessages } from '../../lib/track/message.ts'
import { createEventReader } from '../../lib/track/selection.ts'
import { runs } from '../support/long.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../support/settings.ts'

const CATEGORIES = ['advertising', 'analytics', 'social'] as const
type Category = (typeof CATEGORIES)[number]
type Setting = { categories: Category[]; unknown: 'drop' | 'send'; onDenial: 'keep' | 'remove' } | undefined
/** What people meant; how a call writes it is another matter. */
type Meant = Partial<Record<Category, boolean>>
type User = { email: string; own: boolean | undefined }

const setting: fc.Arbitrary<Setting> = fc.option(
  fc.record({
    categories: fc.uniqueArray(fc.constantFrom(...CATEGORIES), { minLength: 1 }),
    unknown: fc.constantFrom('drop' as const, 'send' as const),
    onDenial: fc.constantFrom('keep' as const, 'remove' as const),
  }),
  { nil: undefined },
)
const meant: fc.Arbitrary<Meant> = fc
  .tuple(...CATEGORIES.map(() => fc.option(fc.boolean(), { nil: undefined })))
  .map((flags) => Object.fromEntries(CATEGORIES.map((category, index) => [category, flags[index]])))

const WRITTEN: Record<string, (said: Meant) => object> = {
  segment: (said) => ({ consent: { categoryPreferences: said } }),
  rudder: (said) => ({
    consentManagement: {
      allowedConsentIds: CATEGORIES.filter((category) => said[category] === true),
      deniedConsentIds: CATEGORIES.filter((category) => said[category] === false),
    },
  }),
}

let number = 0
const user = fc
  .option(fc.boolean(), { nil: undefined })
  .map((own): User => ({ email: `person-${(number += 1)}@example.com`, own }))
const columns = ({ email, own }: User) => ({ EMAIL: email, ...(own !== undefined && { consent: own }) })

const call = fc.record({
  said: meant,
  written: fc.constantFrom(...Object.keys(WRITTEN)),
  kind: fc.constantFrom('list', 'order', 'membership', 'left', 'record', 'session'),
  add: fc.array(user, { minLength: 1, maxLength: 6 }),
  remove: fc.array(user, { maxLength: 3 }),
})
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

const SESSION = { sessionIdAdd: '7', batchSequence: 1, lastBatchFlag: true }
const sentAs = ({ said, written, kind, add, remove }: Call, index: number): object => {
  const context = WRITTEN[written]?.(said)
  const [person] = add
  const common = { messageId: `m-${index}`, originalTimestamp: '2026-11-23T12:00:00Z', context }
  const traits = { email: person?.email }
  switch (kind) {
    case 'order':
      return { ...common, type: 'track', event: 'Order Completed', properties: traits }
    case 'membership':
    case 'left':
      return { ...common, type: 'identify', traits: { ...traits, vip: kind === 'membership' } }
    case 'record':
      return { ...common, type: 'record', action: 'insert', fields: columns(person ?? { email: '', own: undefined }) }
    default: {
      const lists = { userListAdd: add.map(columns), userListDelete: remove.map(columns) }
      const properties = kind === 'session' ? { ...lists, ...SESSION } : lists
      return { ...common, type: 'track', event: 'USER_ADD', properties }
    }
  }
}

const settingsWith = (settings: readonly Setting[]): Destinations =>
  settingsOf({
    destinations: settings.map((consent, index) =>
      aDestination({
        ...{ name: `d${index}`, userSchema: ['EMAIL'], ...(consent && { consent }) },
        // One takes sessions, and the others do not.
        events: {
          USER_ADD: index === 0 ? AUDIENCE : [AUDIENCE, OTHER_AUDIENCE],
          'Order Completed': { audiences: AUDIENCE, action: 'add' },
        },
        memberships: { vip: AUDIENCE },
        sourceAudience: { server: OTHER_AUDIENCE },
      }),
    ),
  })

/** Who is added to and removed from which destination: through the queues, and read back. */
function outcome(settings: Destinations, calls: readonly object[]): Set<string> {
  const [source] = settings.sources
  if (!source) throw new Error('the settings have no source')
  const receipt = { routeType: undefined, receivedAt: 0, newId: () => 'new-id' }
  const { lists } = createEventReader(settings, source).read(calls, receipt)
  const messages = Object.values(packMessages(source.name, 0, lists)).flat()
  const all = messages.flatMap(({ body }) => {
    const message = decodeMessage(body)
    return message ? toOperations(message, settings) : []
  })
  return new Set(
    all.flatMap(({ destination, direction, users, audienceIds, messageId, session }) =>
      users.map((each) =>
        [destination.name, direction, String(each?.EMAIL), audienceIds.join('+'), messageId, session?.sessionId].join(),
      ),
    ),
  )
}

/** The rule, in the words of its description. */
const consents = (setting: NonNullable<Setting>, said: Meant, own: boolean | undefined): boolean => {
  if (own !== undefined) return own
  if (setting.categories.some((category) => said[category] === false)) return false
  return setting.unknown === 'send' || setting.categories.every((category) => said[category] === true)
}

/** Whom a destination removes, by whom a call is about and what that person or the call says. */
function denying(setting: Setting, { said, kind, add, remove }: Call): User[] {
  if (setting?.onDenial !== 'remove') return []
  if (kind === 'list' || kind === 'session') return [...add, ...remove].filter(({ own }) => own === false)
  const isDenied = setting.categories.some((category) => said[category] === false)
  return add.slice(0, 1).filter(({ own }) => (kind === 'record' && own !== undefined ? !own : isDenied))
}

test('an add reaches a destination if the person consents to all its categories, a removal always does, and so does a denial', () => {
  fc.assert(
    fc.property(
      fc.array(setting, { minLength: 1, maxLength: 3 }),
      fc.array(call, { maxLength: 4 }),
      (settings, calls) => {
        const sent = calls.map(sentAs)
        const asks = outcome(settingsWith(settings), sent)
        const asksNobody = outcome(settingsWith(settings.map(() => undefined)), sent)
        const kept = [...asksNobody].filter((line) => {
          const [destination = '', direction, email, , messageId = ''] = line.split(',')
          const consent = settings[Number(destination.slice(1))]
          const { said = {}, kind, add = [] } = calls[Number(messageId.slice(2))] ?? {}
          if (direction === 'remove' || !consent) return true
          const hasOwn = kind === 'list' || kind === 'session' || kind === 'record'
          return consents(consent, said, hasOwn ? add.find((each) => each.email === email)?.own : undefined)
        })
        const left = calls.flatMap((each, index) =>
          settings.flatMap((setting, at) =>
            denying(setting, each).map(({ email }) =>
              [`d${at}`, 'remove', email, `${AUDIENCE}+${OTHER_AUDIENCE}`, `m-${index}`, undefined].join(),
            ),
          ),
        )
        expect([...asks].sort()).toEqual([...new Set([...kept, ...left])].sort())
      },
    ),
    { numRuns: runs(5_000) },
  )
})
