import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, OTHER_AUDIENCE, aDestination, settingsOf } from '../../support/settings.ts'
import { STACK_NAME, aStack } from '../a-stack.ts'
import type { AStack } from '../a-stack.ts'
import { cli } from '../typed.ts'
import { NOON, crashed, givenUp, put, sha256 } from './letters.ts'

const destinations = [
  aDestination({ userSchema: ['EMAIL'] }),
  aDestination({ name: 'second', events: { B: OTHER_AUDIENCE } }),
]
const settings = settingsOf({ destinations })
const dlq = (stack: AStack, args: string, signal?: AbortSignal) =>
  cli(['dlq', ...args.split(' ')], '', { trackUrl: stack.url }, signal)
const json = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>

/** Ann and Eve could not be added, Bob could not be removed, and a consumer crashed on an event with Cleo. */
async function aStackWithDeadLetters() {
  const stack = await aStack({ settings })
  await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), [
    ...givenUp(['ann@example.com', 'eve@example.com'], { audience: AUDIENCE }),
    ...givenUp(['ann@example.com'], { audience: OTHER_AUDIENCE, reason: 'graph_100_33' }),
    ...givenUp(['bob@example.com'], { audience: AUDIENCE, direction: 'remove', at: NOON - 7_200_000 }),
    ...crashed([{ users: [{ EMAIL: 'cleo@example.com' }] }]).track,
  ])
  return stack
}

describe('dlq list', () => {
  test('counts messages and people by reason, audience and direction, and says what to do about each reason', async () => {
    const stack = await aStackWithDeadLetters()
    const { status, stdout, stderr } = await dlq(stack, 'list')
    expect(status).toBe(1)
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
    const before = new Date(NOON - 7_200_000).toISOString()
    expect(rows.map((row) => row.slice(0, 6))).toEqual([
      ['graph_190_463', 'main', AUDIENCE, 'add', '1', '2'],
      ['graph_190_463', 'main', AUDIENCE, 'remove', '1', '1'],
      ['crashed', 'main', AUDIENCE, 'add', '1', '1'],
      ['graph_100_33', 'main', OTHER_AUDIENCE, 'add', '1', '1'],
    ])
    expect(rows[1]?.[6]).toBe(before)
    expect(stderr).toContain('graph_190_463: Meta refused it\n    The access token has expired: put a new one')
    expect(stderr).toContain('graph_100_33: Meta refused it\n    The audience does not exist')
    expect(stderr).toContain('crashed: SQS moved it')
    expect(stderr.match(/graph_190_463/g)).toHaveLength(1)
    expect(stderr).toContain('npm run -s cli -- token set main\n')
  })

  test('tells programs the same, and each message, with nothing of its people', async () => {
    const stack = await aStackWithDeadLetters()
    const { stdout } = await dlq(stack, 'list --json')
    const { groups, messages, complete } = json(stdout) as { groups: object[]; messages: object[]; complete: boolean }
    expect([groups.length, messages.length, complete]).toEqual([4, 4, true])
    expect(stdout).not.toContain('@')
    for (const person of ['ann', 'bob', 'cleo', 'eve']) expect(stdout).not.toContain(sha256(`${person}@example.com`))
  })

  test('leaves every message where others can receive it, also when it is interrupted', async () => {
    const stack = await aStackWithDeadLetters()
    await dlq(stack, 'list')
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 4, hidden: 0 })
    const interruption = new AbortController()
    stack.before(({ action }) => action === 'sqs:ReceiveMessage' && interruption.abort())
    expect(await dlq(stack, 'list', interruption.signal)).toMatchObject({ status: 130, stdout: '' })
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 4, hidden: 0 })
  })

  test('says "at least" when SQS gives out less than it counts: here the later messages of a session', async () => {
    const stack = await aStack({ settings })
    const users = Array.from({ length: 25 }, (_, place) => ({ EMAIL: `${place}@example.com` }))
    const session = { sessionId: '7', batchSequence: 1, lastBatch: true, maxUsers: 1 }
    await put(stack.sqs, stack.queueUrl('SessionDeadLettersUrl'), crashed([{ users, session }]).session)
    const { stdout, stderr } = await dlq(stack, 'list')
    expect(stdout).toMatch(/^crashed\tmain\t\d+\tadd\t(?:10|1)\t/)
    expect(stderr).toMatch(/At least: SQS counts about 25 messages, and gave out (?:10|1)\./)
  })

  test('without dead letters there is nothing to do', async () => {
    const stack = await aStack({ settings })
    const { status, stdout, stderr } = await dlq(stack, 'list')
    expect([status, stdout]).toEqual([0, ''])
    expect(stderr).toContain('No dead letters.')
  })

  test('without dead letters programs get JSON all the same', async () => {
    const stack = await aStack({ settings })
    expect(json((await dlq(stack, 'redrive --json')).stdout)).toMatchObject({ redriven: 0, people: 0, left: 0 })
    expect(json((await dlq(stack, 'discard --json')).stdout)).toMatchObject({ discarded: 0, left: 0 })
  })
})

describe('dlq show', () => {
  test('shows the oldest without anything of its people, unless --reveal asks for it', async () => {
    const stack = await aStackWithDeadLetters()
    const plain = await dlq(stack, 'show')
    expect(plain.status).toBe(0)
    expect(plain.stdout).toMatch(/reason +graph_190_463/)
    expect(plain.stdout).toMatch(/direction +remove/)
    expect(plain.stdout).toMatch(/people +1\n/)
    expect(plain.stdout).toContain(new Date(NOON - 7_200_000).toISOString())
    expect(plain.stdout).not.toContain(sha256('bob@example.com'))
    const revealed = await dlq(stack, 'show --reveal')
    expect(revealed.stdout).toContain(`EMAIL=${sha256('bob@example.com')}`)
  })

  test('says how long ago it was on the clock of the stack, which may run faster', async () => {
    const stack = await aStack({ settings, now: NOON + 86_400_000 * 300 })
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), givenUp(['ann@example.com'], { audience: AUDIENCE }))
    expect((await dlq(stack, 'show')).stdout).toContain('given up      2026-11-27T12:00:00.000Z (300 days ago)')
  })

  test('shows the one whose id begins so, and says when none does', async () => {
    const stack = await aStackWithDeadLetters()
    const { stdout: listed } = await dlq(stack, 'list --json')
    const { messages } = json(listed) as { messages: { messageId: string; reason: string }[] }
    const { messageId = '' } = messages.find(({ reason }) => reason === 'crashed') ?? {}
    const { status, stdout } = await dlq(stack, `show ${messageId.slice(0, 13).toUpperCase()} --reveal`)
    expect(status).toBe(0)
    expect(stdout).toContain(messageId)
    expect(stdout).toContain('{"EMAIL":"cleo@example.com"}')
    const none = await dlq(stack, 'show nothing')
    expect(none.status).toBe(1)
    expect(none.stderr).toContain('dlq list --each')
  })

  test('tells programs that there is none, or that several ids begin so', async () => {
    const stack = await aStack({ settings })
    const none = await dlq(stack, 'show --json')
    expect([none.status, json(none.stdout)]).toEqual([1, { found: 0, messageIds: [] }])
    const people = Array.from({ length: 17 }, (_, place) => `${place}@example.com`)
    const letters = people.flatMap((one) => givenUp([one], { audience: AUDIENCE }))
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), letters)
    const { messages } = json((await dlq(stack, 'list --json')).stdout) as { messages: { messageId: string }[] }
    const alike = Map.groupBy(messages, ({ messageId }) => messageId.charAt(0))
    // Two of seventeen begin with the same of sixteen digits.
    const [digit, ids = []] = [...alike].find(([, same]) => same.length > 1) ?? []
    const several = await dlq(stack, `show ${digit} --json`)
    expect([several.status, json(several.stdout)]).toMatchObject([1, { found: ids.length }])
  })
})

describe('dlq redrive', () => {
  test('sends each message to the queue that reads it, and then deletes it', async () => {
    const stack = await aStack({ settings })
    const { track } = crashed([{ users: [{ EMAIL: 'cleo@example.com' }] }])
    const { removal } = crashed([{ users: [{ EMAIL: 'dan@example.com' }], direction: 'remove' }])
    const session = { sessionId: '7', batchSequence: 1, lastBatch: true, maxUsers: 1 }
    const users = [{ EMAIL: 'ann@example.com' }, { EMAIL: 'bob@example.com' }]
    const sessions = crashed([{ users, session }]).session
    const rows = givenUp(['eve@example.com'], { audience: AUDIENCE })
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), [...track, ...removal, ...rows])
    await put(stack.sqs, stack.queueUrl('SessionDeadLettersUrl'), sessions)
    expect(await dlq(stack, 'redrive --yes')).toMatchObject({
      status: 0,
      stdout: 'Redriven: 5 messages with 5 people.\n',
    })
    const bodies = async (output: Parameters<AStack['messages']>[0]) =>
      (await stack.messages(output)).map(({ body }) => body)
    expect(await bodies('TrackQueueUrl')).toEqual(track.map(({ body }) => body))
    expect(await bodies('RemovalQueueUrl')).toEqual(removal.map(({ body }) => body))
    expect(await bodies('SessionQueueUrl')).toEqual(sessions.map(({ body }) => body))
    expect(await bodies('RetryQueueUrl')).toEqual(rows.map(({ body }) => body))
    const [retried] = await stack.messages('RetryQueueUrl')
    expect(retried?.messageAttributes).toEqual({})
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 0, hidden: 0 })
    expect(await stack.count('SessionDeadLettersUrl')).toEqual({ all: 0, hidden: 0 })
  })

  test('takes what the options choose, and leaves the rest where others can receive it', async () => {
    const chosenBy = async (args: string) => {
      const stack = await aStackWithDeadLetters()
      const { stdout } = await dlq(stack, `redrive --yes ${args}`)
      const { all, hidden } = await stack.count('DeadLettersUrl')
      expect(hidden).toBe(0)
      return `${/: (\d)/.exec(stdout)?.[1] ?? '0'} of ${all + Number(/: (\d)/.exec(stdout)?.[1] ?? 0)}`
    }
    expect(await chosenBy('--reason graph_190')).toBe('2 of 4')
    expect(await chosenBy('--reason graph_100_33 crashed')).toBe('2 of 4')
    expect(await chosenBy(`--audience ${OTHER_AUDIENCE}`)).toBe('1 of 4')
    expect(await chosenBy('--destination main')).toBe('4 of 4')
    expect(await chosenBy('--destination second')).toBe('0 of 4')
    expect(await chosenBy(`--before ${new Date(NOON - 3_600_000).toISOString()}`)).toBe('1 of 4')
    expect(await chosenBy('--after 2026-11-27T11:00Z --reason graph_190')).toBe('1 of 4')
  })

  test('says that what is for other destinations too goes to them once more', async () => {
    const stack = await aStack({ settings })
    const [cleo, dora] = [{ EMAIL: 'cleo@example.com' }, { EMAIL: 'dora@example.com' }]
    const { track } = crashed([{ users: [cleo] }, { users: [dora], name: 'B' }])
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), track)
    const { status, stdout, stderr } = await dlq(stack, 'redrive --yes --destination second')
    expect([status, stdout]).toEqual([0, 'Redriven: 1 message with 2 people.\n'])
    expect(stderr).toContain('1 message goes to other destinations or audiences, too, once more, which does no harm.')
  })

  test('a time without its zone, and a reason that is not there, are answered with what would do', async () => {
    const stack = await aStackWithDeadLetters()
    const zone = await dlq(stack, 'redrive --yes --before 2026-11-27T11:00')
    expect(zone.status).toBe(2)
    expect(zone.stderr).toContain('with its zone')
    const reason = await dlq(stack, 'redrive --yes --reason graph_191')
    expect(reason.status).toBe(1)
    expect(reason.stderr).toContain('those that are there: crashed, graph_100_33, graph_190_463')
  })

  test('leaves what this version did not write, and says so', async () => {
    const stack = await aStack({ settings })
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), [
      { body: 'garbage', bytes: 7, attributes: { reason: 'undecodable' } },
      ...givenUp(['ann@example.com'], { audience: AUDIENCE }),
    ])
    const { status, stderr } = await dlq(stack, 'redrive --yes')
    expect(status).toBe(1)
    expect(stderr).toContain('1 message will stay')
    const again = await dlq(stack, 'redrive --yes --json')
    expect([again.status, json(again.stdout)]).toMatchObject([1, { redriven: 0, people: 0, left: 1 }])
    expect((await stack.messages('DeadLettersUrl')).map(({ body }) => body)).toEqual(['garbage'])
  })

  test('sends at most ten in a call, and the messages of a session in their order', async () => {
    const stack = await aStack({ settings })
    const people = Array.from({ length: 25 }, (_, place) => `${place}@example.com`)
    const session = { sessionId: '7', batchSequence: 1, lastBatch: true, maxUsers: 1 }
    const sessions = crashed([{ users: people.map((EMAIL) => ({ EMAIL })), session }]).session
    await put(stack.sqs, stack.queueUrl('SessionDeadLettersUrl'), sessions)
    await put(
      stack.sqs,
      stack.queueUrl('DeadLettersUrl'),
      people.flatMap((one) => givenUp([one], { audience: AUDIENCE })),
    )
    expect((await dlq(stack, 'redrive --yes')).stdout).toBe('Redriven: 50 messages with 50 people.\n')
    expect((await stack.messages('SessionQueueUrl')).map(({ body }) => body)).toEqual(sessions.map(({ body }) => body))
    const sent = stack.calls.filter(({ action, resource }) => action === 'sqs:SendMessageBatch' && resource === 'retry')
    expect(sent.length).toBeGreaterThanOrEqual(3)
  })

  test('what SQS does not take is not deleted', async () => {
    const stack = await aStackWithDeadLetters()
    stack.before(({ resource }) => resource === 'retry' && Promise.reject(new Error('no answer')))
    const { status, stderr } = await dlq(stack, 'redrive --yes --reason graph_190')
    expect(status).toBe(3)
    expect(stderr).toContain('repeat the command')
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 4, hidden: 0 })
    expect(stack.calls.map(({ action }) => action)).not.toContain('sqs:DeleteMessageBatch')
  })

  test('what was sent and not deleted is sent again, and SQS recognises the messages of a session', async () => {
    const stack = await aStack({ settings })
    const session = { sessionId: '7', batchSequence: 1, lastBatch: true, maxUsers: 1 }
    const sessions = crashed([{ users: [{ EMAIL: 'ann@example.com' }], session }]).session
    // The first copy, as ingest has sent it: its deduplication id is still known.
    await put(stack.sqs, stack.queueUrl('SessionQueueUrl'), sessions)
    await put(stack.sqs, stack.queueUrl('SessionDeadLettersUrl'), sessions)
    let isBroken = true
    stack.before(
      ({ action }) => isBroken && action === 'sqs:DeleteMessageBatch' && Promise.reject(new Error('no answer')),
    )
    expect((await dlq(stack, 'redrive --yes')).status).toBe(3)
    expect((await stack.count('SessionDeadLettersUrl')).all).toBe(1)
    isBroken = false
    expect((await dlq(stack, 'redrive --yes')).status).toBe(0)
    expect(await stack.messages('SessionQueueUrl')).toHaveLength(2)
    expect((await stack.count('SessionDeadLettersUrl')).all).toBe(0)
  })

  test('what comes back at once is not taken again and again', async () => {
    const stack = await aStack({ settings })
    const letters = Array.from({ length: 12 }, (_, place) => givenUp([`${place}@example.com`], { audience: AUDIENCE }))
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), letters.flat())
    let more = 0
    stack.before(({ action, resource }) => {
      if (action !== 'sqs:SendMessageBatch' || resource !== 'retry' || more > 100) return
      more += 10
      return put(stack.sqs, stack.queueUrl('DeadLettersUrl'), letters.flat().slice(0, 10))
    })
    const { stdout } = await dlq(stack, 'redrive --yes')
    expect(Number(/(\d+) messages/.exec(stdout)?.[1])).toBeLessThan(23)
  })

  test('Ctrl-C ends it after the messages under way: each is here or there, and none is hidden', async () => {
    const stack = await aStack({ settings })
    const people = Array.from({ length: 35 }, (_, place) => `${place}@example.com`)
    await put(
      stack.sqs,
      stack.queueUrl('DeadLettersUrl'),
      people.flatMap((one) => givenUp([one], { audience: AUDIENCE })),
    )
    const interruption = new AbortController()
    stack.before(({ resource }) => resource === 'retry' && interruption.abort())
    const { status, stdout } = await dlq(stack, 'redrive --yes', interruption.signal)
    expect([status, stdout]).toEqual([130, 'Redriven: 10 messages with 10 people.\n'])
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 25, hidden: 0 })
    expect((await stack.count('RetryQueueUrl')).all).toBe(10)
  })

  test('where nobody can be asked, nothing is done, and the option is named', async () => {
    const stack = await aStackWithDeadLetters()
    const { status, stderr } = await dlq(stack, 'redrive')
    expect(status).toBe(2)
    expect(stderr).toContain('Redrive 4 messages with 5 people?')
    expect(stderr).toContain('--yes')
    expect((await stack.count('DeadLettersUrl')).all).toBe(4)
  })
})

describe('dlq discard', () => {
  test('lets stay what is for other destinations too: their people would be lost', async () => {
    const stack = await aStack({ settings })
    const [cleo, dora] = [{ EMAIL: 'cleo@example.com' }, { EMAIL: 'dora@example.com' }]
    const url = stack.queueUrl('DeadLettersUrl')
    await put(stack.sqs, url, crashed([{ users: [cleo] }, { users: [dora], name: 'B' }]).track)
    await put(stack.sqs, url, crashed([{ users: [dora], name: 'B' }]).track)
    for (const choice of ['--destination second', `--audience ${OTHER_AUDIENCE}`]) {
      const { status, stderr } = await dlq(stack, `discard --yes ${choice}`)
      expect(status).toBe(1)
      expect(stderr).toContain('1 message will stay: it is for other destinations or audiences, too')
      expect((await stack.count('DeadLettersUrl')).all).toBe(1)
    }
    expect((await dlq(stack, 'discard --yes')).status).toBe(0)
  })

  test('keeps removals and erasures, and says that they would be lost for good', async () => {
    const stack = await aStackWithDeadLetters()
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), [
      ...givenUp(['zoe@example.com'], { audience: AUDIENCE, direction: 'remove', erasure: 'e-1' }),
    ])
    const { status, stdout, stderr } = await dlq(stack, 'discard --yes')
    expect([status, stdout]).toEqual([1, 'Discarded: 3 messages.\n'])
    expect(stderr).toContain('2 messages with removals (erasures in 1) will stay')
    const left = await dlq(stack, 'list')
    expect(
      left.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[3]),
    ).toEqual(['remove'])
    expect(await dlq(stack, 'discard --yes --with-removals')).toMatchObject({
      status: 0,
      stdout: 'Discarded: 2 messages.\n',
    })
    expect((await stack.count('DeadLettersUrl')).all).toBe(0)
  })

  test('keeps what this version cannot read, because removals may be among it', async () => {
    const stack = await aStack({ settings })
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), [
      { body: '{"version":9}', bytes: 13, attributes: { reason: 'undecodable' } },
    ])
    const kept = await dlq(stack, 'discard --yes --json')
    expect([kept.status, json(kept.stdout)]).toMatchObject([1, { discarded: 0, left: 1 }])
    expect(kept.stderr).toContain('1 message that this version of the product cannot read')
    expect(kept.stderr).toContain('--with-removals')
    const gone = await dlq(stack, 'discard --yes --with-removals')
    expect([gone.status, gone.stdout]).toEqual([0, 'Discarded: 1 message.\n'])
  })

  test('leaves what has come since the count', async () => {
    const stack = await aStackWithDeadLetters()
    let isFirst = true
    stack.before(({ action }) => {
      if (!isFirst || action !== 'sqs:ChangeMessageVisibilityBatch') return
      isFirst = false
      return put(stack.sqs, stack.queueUrl('DeadLettersUrl'), givenUp(['new@example.com'], { audience: AUDIENCE }))
    })
    expect((await dlq(stack, 'discard --yes --with-removals')).stdout).toBe('Discarded: 4 messages.\n')
    expect((await stack.count('DeadLettersUrl')).all).toBe(1)
  })

  test('on a deployed stack --yes is not enough: its name must be given', async () => {
    const stack = await aStackWithDeadLetters()
    const yes = await dlq(stack, 'discard --stack Audiences --yes')
    expect([yes.status, yes.stderr]).toEqual([2, expect.stringContaining('--confirm Audiences')])
    const other = await dlq(stack, 'discard --stack Audiences --confirm Audience')
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('"Audience"')])
    expect((await stack.count('DeadLettersUrl')).all).toBe(4)
  })
})

/** The settings of the stack in a file, for a command about the deployed one. */
function settingsFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'dlq-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'destinations.json')
  writeFileSync(path, JSON.stringify({ sources: [{ name: 'server' }], destinations }))
  return path
}

describe('in a terminal', () => {
  testInTerminal('redrive asks with the counts, and does what is answered', async () => {
    const stack = await aStackWithDeadLetters()
    const run = async (answer: string) => {
      const term = await inTerminal(['dlq', 'redrive'], { env: { TRACK_URL: stack.url } })
      await term.sees(/Redrive 4 messages with 5 people\?/)
      term.types(answer)
      return term.ended()
    }
    for (const no of ['\r', 'n', '\x03']) {
      expect((await run(no)).status).toBe(130)
      expect(await stack.count('DeadLettersUrl')).toEqual({ all: 4, hidden: 0 })
    }
    const { status, text } = await run('y')
    expect([status, text.includes('Redriven: 4 messages with 5 people.')]).toEqual([0, true])
    for (const line of text.split(/[\r\n]+/)) expect(line.length).toBeLessThanOrEqual(80)
  })

  testInTerminal('redrive shows how far it is; Ctrl-C ends it after what is under way', async () => {
    const stack = await aStack({ settings })
    const letters = Array.from({ length: 40 }, (_, place) => givenUp([`${place}@example.com`], { audience: AUDIENCE }))
    await put(stack.sqs, stack.queueUrl('DeadLettersUrl'), letters.flat())
    const goOn = Promise.withResolvers<undefined>()
    let sends = 0
    stack.before(({ resource }) => (resource === 'retry' && (sends += 1) === 2 ? goOn.promise : undefined))
    const term = await inTerminal(['dlq', 'redrive', '--yes'], { env: { TRACK_URL: stack.url } })
    await term.sees(/10 of 40 messages redriven/)
    term.types('\x03')
    await term.sees(/Ending after what is under way\. Ctrl-C again leaves at once\./)
    goOn.resolve(undefined)
    const { status, text } = await term.ended()
    expect([status, /Redriven: .*/.exec(text)?.[0]]).toEqual([130, 'Redriven: 20 messages with 20 people.'])
    expect(await stack.count('DeadLettersUrl')).toEqual({ all: 20, hidden: 0 })
  })

  testInTerminal('discard of a deployed stack wants its name typed, and nothing else will do', async () => {
    const stack = await aStackWithDeadLetters()
    const env = { ...stack.deployed, DESTINATIONS: settingsFile() }
    const args = ['dlq', 'discard', '--reason', 'crashed', '--stack', STACK_NAME]
    const wrong = await inTerminal(args, { env })
    await wrong.sees(/stack Audiences in eu-central-1/)
    await wrong.sees(/Discard 1 message with 1 person for good\? Type the stack's name/)
    wrong.types('yes\r')
    expect((await wrong.ended()).status).toBe(130)
    expect((await stack.count('DeadLettersUrl')).all).toBe(4)
    const right = await inTerminal(args, { env })
    await right.sees(/Type the stack's name/)
    right.types(`${STACK_NAME}\r`)
    expect(await right.ended()).toMatchObject({
      status: 0,
      text: expect.stringContaining('Discarded: 1 message.') as string,
    })
    expect((await stack.count('DeadLettersUrl')).all).toBe(3)
  })
})

test('SQS that refuses is out of reach, and the message says why', async () => {
  const stack = await aStack({ settings })
  await stack.aws.close()
  const { status, stderr } = await dlq(stack, 'list')
  expect(status).toBe(3)
  expect(stderr).toContain('AWS did not do it')
})
