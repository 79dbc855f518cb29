import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { REGISTER_KEY } from '../../lib/aws/register-items.ts'
import { createHeadTable, createLogTable } from '../../lib/aws/register-table.ts'
import { createWaitNoteTable } from '../../lib/aws/wait-note-table.ts'
import { encodeWords } from '../../lib/register/entries.ts'
import { LATE_EFFECT_MS, takeHead } from '../../lib/register/head.ts'
import type { HeadTable, Take } from '../../lib/register/head.ts'
import type { LogTable } from '../../lib/register/log.ts'
import type { WaitNote } from '../../lib/register/wait-note.ts'
import { NOON, aClock } from '../graph-api/builders.ts'
import { memoryRegister } from '../register/memory-register.ts'
import { fakeTable } from './dynamodb-limits.ts'
import { startLocalTable } from './local-table.ts'

const MINUTE = 60_000
type Register = HeadTable & LogTable

let client: DynamoDBClient
let close: () => Promise<void>

beforeAll(async () => {
  ;({ client, close } = await startLocalTable())
})
afterAll(() => close())

const aFake = () => fakeTable('register', REGISTER_KEY)
const tableOf = (client: Pick<DynamoDBClient, 'send'>): Register => ({
  ...createHeadTable(client, 'register'),
  ...createLogTable(client, 'register'),
})

let audiences = 0
const anAudience = () => String((audiences += 1))
const aTake = (audienceId: string, holder: string, more: Partial<Take> = {}): Take => ({
  audienceId,
  holder,
  now: NOON,
  heldUntil: NOON + 7 * MINUTE,
  bringsRemovals: false,
  ...more,
})
const STATE = { restUntil: NOON + MINUTE, newestAdd: NOON - 5, newestRemove: NOON - 6, lastKey: NOON + 1 }

// The register in memory, on which the other tests rely, passes the same tests.
describe.each<[string, () => Register]>([
  ['dynalite', () => tableOf(client)],
  ['a fake that enforces the limits of DynamoDB', () => tableOf(aFake().client)],
  ['memory', memoryRegister],
])('the head of an audience, in %s,', (_, aRegister) => {
  it('is taken by one alone, who learns what the last one left', async () => {
    const [register, id] = [aRegister(), anAudience()]
    expect(await register.take(aTake(id, 'a'))).toEqual({})
    expect(await register.take(aTake(id, 'b'))).toBeUndefined()
    await register.giveBack(id, 'a', STATE)
    expect(await register.take(aTake(id, 'b'))).toEqual(STATE)
    expect(await register.take(aTake(anAudience(), 'b')), 'another audience is free').toEqual({})
  })

  it('is taken by one alone of many who ask at the same moment', async () => {
    const [register, id] = [aRegister(), anAudience()]
    const taken = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((holder) => register.take(aTake(id, holder))))
    expect(taken.filter((head) => head !== undefined)).toHaveLength(1)
  })

  it('is free again when its holder must have crashed, whose name is still on it', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.take(aTake(id, 'a'))
    expect(await register.take(aTake(id, 'b', { now: NOON + 7 * MINUTE }))).toBeUndefined()
    expect(await register.take(aTake(id, 'b', { now: NOON + 7 * MINUTE + 1 }))).toMatchObject({ holder: 'a' })
  })

  it('is not taken back from the next holder by one who comes late', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.take(aTake(id, 'a'))
    await register.take(aTake(id, 'b', { now: NOON + 8 * MINUTE, heldUntil: NOON + 15 * MINUTE }))
    await register.giveBack(id, 'a', STATE)
    expect(await register.take(aTake(id, 'c', { now: NOON + 9 * MINUTE }))).toBeUndefined()
  })

  it('may be given back twice, as after an answer that was lost', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.take(aTake(id, 'a'))
    await register.giveBack(id, 'a', STATE)
    await register.giveBack(id, 'a', { ...STATE, newestAdd: 0 })
    expect(await register.take(aTake(id, 'b'))).toEqual(STATE)
  })

  it('is kept for removals until then, and they take it all the same', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.keepForRemovals(id, NOON, NOON + MINUTE)
    expect(await register.take(aTake(id, 'adds', { now: NOON + MINUTE }))).toBeUndefined()
    expect(await register.take(aTake(id, 'removals', { now: NOON + MINUTE, bringsRemovals: true }))).toBeDefined()
    await register.giveBack(id, 'removals', STATE)
    expect(await register.take(aTake(id, 'adds', { now: NOON + MINUTE })), 'they have had their turn').toBeDefined()
  })

  it('is not kept in the half minute after removals took it, so that adds have a turn however many removals come', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.take(aTake(id, 'removals', { bringsRemovals: true }))
    await register.keepForRemovals(id, NOON + 1_000, NOON + MINUTE)
    await register.giveBack(id, 'removals', STATE)
    expect(await register.take(aTake(id, 'adds', { now: NOON + 2_000 }))).toBeDefined()
    await register.keepForRemovals(id, NOON + MINUTE, NOON + 2 * MINUTE)
    await register.giveBack(id, 'adds', STATE)
    expect(await register.take(aTake(id, 'others', { now: NOON + MINUTE }))).toBeUndefined()
  })

  it('behind a rest that removals found is theirs alone until then, in however many turns; during it anybody finds it at rest', async () => {
    const [register, id] = [aRegister(), anAudience()]
    const [rests, theirs] = [NOON + 5 * MINUTE, NOON + 7 * MINUTE]
    await register.take(aTake(id, 'removals', { bringsRemovals: true }))
    await register.giveBack(id, 'removals', { ...STATE, restUntil: rests, onlyRemovalsUntil: theirs })
    const during = await register.take(aTake(id, 'adds', { now: NOON + MINUTE }))
    expect(during).toMatchObject({ restUntil: rests })
    await register.giveBack(id, 'adds', { ...STATE, restUntil: rests })
    for (const turn of ['first', 'second']) {
      expect(await register.take(aTake(id, turn, { now: rests + 1, bringsRemovals: true }))).toBeDefined()
      await register.giveBack(id, turn, { ...STATE, restUntil: rests })
      expect(await register.take(aTake(id, 'adds', { now: theirs }))).toBeUndefined()
    }
    expect(await register.take(aTake(id, 'adds', { now: theirs + 1 }))).toBeDefined()
  })

  it('whose take had no answer is let go: the next one takes it at once, and trusts it as little as after a crash', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.take(aTake(id, 'unheard'))
    await register.letGo(id, 'another')
    expect(await register.take(aTake(id, 'next'))).toBeUndefined()
    await register.letGo(id, 'unheard')
    expect(await register.take(aTake(id, 'next'))).toMatchObject({ holder: 'unheard' })
  })

  it('that removals never came for is free for everybody afterwards', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.keepForRemovals(id, NOON, NOON + MINUTE)
    expect(await register.take(aTake(id, 'adds', { now: NOON + MINUTE + 1 }))).toBeDefined()
  })
})

describe('the note why an audience waits, beside its head,', () => {
  const signal = new AbortController().signal
  const notes = () => createWaitNoteTable(client, 'register')
  const aNote = (audienceId: string, more: Partial<WaitNote> = {}): WaitNote => ({
    ...{ audienceId, at: NOON, destination: 'main', reason: 'graph_190', since: NOON - MINUTE, until: NOON + MINUTE },
    ...more,
  })

  it('is read as it was written, by audience, and a newer one takes its place', async () => {
    const [one, other] = [anAudience(), anAudience()]
    await notes().write(aNote(one), signal)
    await notes().write(aNote(one, { reason: 'usage_limit', until: NOON + 9 * MINUTE }), signal)
    expect(await notes().read(one)).toEqual(aNote(one, { reason: 'usage_limit', until: NOON + 9 * MINUTE }))
    expect(await notes().read(other)).toBeUndefined()
  })

  it('is there before the head: the head is taken as a new one', async () => {
    const [register, id] = [tableOf(client), anAudience()]
    await notes().write(aNote(id), signal)
    expect(await register.take(aTake(id, 'a'))).toEqual({})
  })

  it('comes while the head is held: it stays held, is given back with its state, and may be kept for removals', async () => {
    const [register, id] = [tableOf(client), anAudience()]
    await register.take(aTake(id, 'a'))
    await notes().write(aNote(id), signal)
    expect(await register.take(aTake(id, 'b'))).toBeUndefined()
    await register.giveBack(id, 'a', STATE)
    await notes().write(aNote(id), signal)
    await register.keepForRemovals(id, NOON, NOON + MINUTE)
    expect(await register.take(aTake(id, 'b'))).toBeUndefined()
    expect(await register.take(aTake(id, 'removals', { bringsRemovals: true }))).toEqual(STATE)
    await register.letGo(id, 'removals')
    expect(await register.take(aTake(id, 'c'))).toMatchObject({ ...STATE, holder: 'removals' })
  })

  it('outlasts turns, so that what a head knows and why its audience waited stand side by side', async () => {
    const [register, id] = [tableOf(client), anAudience()]
    await notes().write(aNote(id), signal)
    await register.take(aTake(id, 'a', { bringsRemovals: true }))
    await register.giveBack(id, 'a', { ...STATE, onlyRemovalsUntil: NOON })
    expect(await notes().read(id)).toEqual(aNote(id))
  })

  it('ends after 60 days like its head', async () => {
    const id = anAudience()
    await notes().write(aNote(id), signal)
    const Key = { audience: { S: `head#${id}` }, recorded: { S: 'head' } }
    const { Item } = await client.send(new GetItemCommand({ TableName: 'register', Key }))
    expect(Item?.expiresAt).toEqual({ N: String(NOON / 1000 + 60 * 24 * 3600) })
  })
})

describe.each<[string, () => Register]>([
  ['dynalite', () => tableOf(client)],
  ['a fake that enforces the limits of DynamoDB', () => tableOf(aFake().client)],
  ['memory', memoryRegister],
])('the log of an audience, in %s,', (_, aRegister) => {
  const item = (audienceId: string, key: number, entries: Uint8Array = Uint8Array.of(1, 2, 3)) => ({
    audienceId,
    direction: 'add' as const,
    key,
    entries,
  })
  const read = (register: Register, id: string, since: number) => Array.fromAsync(register.read(id, 'add', since))

  it('comes back newest first, whole, of this audience and direction alone, and from the time asked for', async () => {
    const [register, id, other] = [aRegister(), anAudience(), anAudience()]
    const removal = { ...item(id, 6_000), direction: 'remove' as const }
    for (const each of [
      item(id, 1_000),
      item(id, 2_000),
      item(id, 10_000),
      item(other, 5_000, Uint8Array.of(9)),
      removal,
    ])
      await register.append(each)
    expect(await read(register, id, 2_000)).toEqual([item(id, 10_000), item(id, 2_000)])
    expect(await read(register, id, -5)).toHaveLength(3)
  })

  it('takes the same item twice, as after an answer that was lost, and has it once', async () => {
    const [register, id] = [aRegister(), anAudience()]
    await register.append(item(id, 1_000))
    await register.append(item(id, 1_000))
    expect(await read(register, id, 0)).toHaveLength(1)
  })

  it('is read page by page when it is more than DynamoDB answers at once', async () => {
    const [register, id] = [aRegister(), anAudience()]
    for (let key = 1; key <= 4; key += 1) await register.append(item(id, key, new Uint8Array(380_000)))
    expect((await read(register, id, 1)).map(({ key, entries }) => [key, entries.byteLength])).toEqual([
      [4, 380_000],
      [3, 380_000],
      [2, 380_000],
      [1, 380_000],
    ])
  })

  it('holds what a full invocation writes down, in items of 400 KB at most', async () => {
    const [register, id] = [aRegister(), anAudience()]
    const word = { identifiers: ['1234567890abcdef', '2234567890abcdef'], at: NOON }
    const pieces = encodeWords(Array<typeof word>(50_000).fill(word))
    expect(pieces.length).toBeGreaterThan(2)
    for (const [index, entries] of pieces.entries()) await register.append(item(id, NOON + index, entries))
    expect(await read(register, id, NOON)).toHaveLength(pieces.length)
  })
})

describe('a take', () => {
  const take = (fake: ReturnType<typeof aFake>, holder: string, time = aClock(), bringsRemovals = false) =>
    takeHead(
      tableOf(fake.client),
      { audienceId: '7', holder, bringsRemovals },
      { endsAt: NOON + 3 * MINUTE, patientUntil: NOON + MINUTE },
      { ...time, random: () => 0.5 },
    )

  it('of which the answer was lost holds the head for this holder, and is repeated by the client', async () => {
    const fake = aFake()
    fake.fail({ times: 1, when: 'after' })
    await expect(take(fake, 'a')).rejects.toThrow()
    expect(await take(fake, 'b'), 'it is held').toBeUndefined()
    expect(await take(fake, 'a'), 'the client sends the same request again').toMatchObject({ holder: 'a' })
  })

  it('of rows that are only added looks again for five seconds', async () => {
    const [fake, time] = [aFake(), aClock()]
    await take(fake, 'a')
    expect(await take(fake, 'b', time)).toBeUndefined()
    expect(time.now - NOON).toBeGreaterThanOrEqual(5_000)
    expect(time.now - NOON).toBeLessThanOrEqual(6_000)
  })

  it('of removals waits as long as its invocation may, and meanwhile and soon after nobody goes first who brings none', async () => {
    const [fake, time] = [aFake(), aClock()]
    await take(fake, 'a')
    expect(await take(fake, 'b', time, true)).toBeUndefined()
    expect(time.now - NOON).toBeGreaterThanOrEqual(MINUTE)
    expect(time.now - NOON).toBeLessThanOrEqual(MINUTE + 1_000)
    await tableOf(fake.client).giveBack('7', 'a', STATE)
    expect(await take(fake, 'adds', time)).toBeUndefined()
    expect(await take(fake, 'b', time, true)).toMatchObject(STATE)
  })

  it('waits no longer than its invocation may', async () => {
    const [fake, time] = [aFake(), aClock()]
    await take(fake, 'a')
    time.now = NOON + MINUTE - 2_000
    expect(await take(fake, 'b', time)).toBeUndefined()
    expect(time.now - NOON).toBeLessThanOrEqual(MINUTE + 1_000)
  })

  it('holds for the rest of the invocation, and as long as a request of it may still take effect', async () => {
    const fake = aFake()
    await take(fake, 'a')
    expect(fake.items()).toMatchObject([{ heldUntil: { N: String(NOON + 3 * MINUTE + LATE_EFFECT_MS) } }])
    expect(LATE_EFFECT_MS).toBe(5 * MINUTE)
  })

  it('after a crash trusts no newest time: everything is looked up', async () => {
    const [fake, time] = [aFake(), aClock()]
    await take(fake, 'a')
    await tableOf(fake.client).giveBack('7', 'a', STATE)
    expect(await take(fake, 'b', time)).toMatchObject({ newestAdd: STATE.newestAdd, newestRemove: STATE.newestRemove })
    time.now += 10 * MINUTE
    expect(await take(fake, 'c', time)).toMatchObject({
      newestAdd: Number.MAX_SAFE_INTEGER,
      newestRemove: Number.MAX_SAFE_INTEGER,
      lastKey: STATE.lastKey,
    })
  })
})

test('the log is read consistently, or a word that was written a moment ago would be missed', async () => {
  const register = tableOf(aFake().client)
  await register.append({ audienceId: '7', direction: 'add', key: 1, entries: Uint8Array.of(1) })
  await register.append({ audienceId: '7', direction: 'add', key: 2, entries: Uint8Array.of(2) })
  expect(await Array.fromAsync(register.read('7', 'add', 0))).toHaveLength(2)
})

test('heads and items expire after 60 days', async () => {
  const fake = aFake()
  await tableOf(fake.client).append({ audienceId: '7', direction: 'add', key: NOON, entries: Uint8Array.of(1) })
  await tableOf(fake.client).take(aTake('7', 'a'))
  const expiresAt = { N: String(NOON / 1000 + 60 * 24 * 3600) }
  expect(fake.items()).toMatchObject([{ expiresAt }, { expiresAt }])
})

test('keys of equal length order as numbers do, today and in a hundred years', async () => {
  const register = tableOf(aFake().client)
  for (const key of [9, 10, NOON, NOON * 20])
    await register.append({ audienceId: '7', direction: 'add', key, entries: Uint8Array.of(1) })
  expect((await Array.fromAsync(register.read('7', 'add', 10))).map(({ key }) => key)).toEqual([NOON * 20, NOON, 10])
})
