import { expect, test } from 'vitest'
import { people } from './people.ts'
import type { Person } from './people.ts'
import { serviceOfFile } from './service.ts'

/*
 * RudderStack's warehouse syncs and audience lists have no SDK. The calls are written anew after the shapes of the public
 * fixtures of rudder-transformer (destinations fb_custom_audience, and webhook).
 */

const service = serviceOfFile()

const ONE = ['EMAIL', 'FN']
const [ann, bob, cleo, dan] = people(1, 4, ONE) as [Person, Person, Person, Person]

type Answer = { status: number; body: { accepted?: number; rejected?: { index: number; code: string }[] } }

async function post(writeKey: string, path: string, body: object): Promise<Answer> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(`${service().proxy.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

let calls = 0

/** A row of a sync that began now. */
function record(action: string, more: object) {
  calls += 1
  return {
    ...{ type: 'record', action, recordId: String(calls), rudderId: `r-${calls}`, messageId: `record-${calls}` },
    ...{ channel: 'sources', originalTimestamp: new Date().toISOString(), ...more },
  }
}

const sources = { job_id: 'j-1', job_run_id: 'jr-1', task_run_id: 'tr-1', version: 'v1.53' }
const byIdentifiers = (action: string, { EMAIL, FN }: Person) =>
  record(action, { identifiers: { EMAIL }, fields: { FN }, context: { sources } })

/** Rows of a sync with a mapping of RudderStack's visual mapper, which names its audience. */
const byExternalId = (action: string, audienceId: string, fields: Person) =>
  record(action, {
    fields,
    context: {
      ...{ sources, mappedToDestination: 'true' },
      externalId: [{ type: `FB_CUSTOM_AUDIENCE-${audienceId}`, id: fields.EMAIL, identifierType: 'EMAIL' }],
    },
  })

test('records take people into the audience of their source and out of it, as single calls, batches and webhooks', async () => {
  const { writeKey, own, nameable } = service().warehouse()
  expect((await post(writeKey, '/v1/record', byIdentifiers('insert', ann))).status).toBe(200)
  const { body } = await post(writeKey, '/v1/batch', {
    batch: [byIdentifiers('insert', bob), byIdentifiers('upsert', cleo), byIdentifiers('update', dan)],
  })
  expect(body).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'record_action' }] })
  await own.becomes([ann, bob, dan])
  expect((await post(writeKey, '/v1/webhook', byIdentifiers('delete', bob))).status).toBe(200)
  await own.becomes([ann, dan])
  await nameable.becomes([])
})

test('a record that names an audience goes there, if the settings have it, and else nowhere', async () => {
  const { writeKey, own, nameable, nameableId } = service().warehouse()
  const other = service().warehouse()
  const { body } = await post(writeKey, '/v1/batch', {
    batch: [
      byExternalId('insert', nameableId, ann),
      byExternalId('update', nameableId, bob),
      byExternalId('delete', nameableId, cleo),
      byExternalId('insert', '23846469999999999', cleo),
      byExternalId('insert', other.audienceId, cleo),
    ],
  })
  expect(body).toMatchObject({
    accepted: 3,
    rejected: [
      { index: 3, code: 'audience_unknown' },
      { index: 4, code: 'audience_unknown' },
    ],
  })
  await nameable.becomes([ann, bob])
  await post(writeKey, '/v1/record', byExternalId('delete', nameableId, ann))
  await nameable.becomes([bob])
  await own.becomes([])
  await other.own.becomes([])
})

test('an audiencelist without an event changes the audience of its source, as a single call, a batch and a webhook', async () => {
  const { writeKey, own } = service().warehouse()
  const list = (add: Person[], remove: Person[]) => {
    calls += 1
    const originalTimestamp = new Date().toISOString()
    const properties = { listData: { add, remove } }
    return { type: 'audiencelist', userId: 'sync', messageId: `list-${calls}`, originalTimestamp, properties }
  }
  await post(writeKey, '/v1/audiencelist', list([ann, bob], []))
  await post(writeKey, '/v1/batch', { batch: [list([cleo], []), list([], [dan])] })
  await own.becomes([ann, bob, cleo])
  await post(writeKey, '/v1/webhook', list([dan], [ann]))
  await own.becomes([bob, cleo, dan])
})
