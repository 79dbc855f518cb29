import { describe, expect, test } from 'vitest'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { AUDIENCE, OTHER_AUDIENCE } from '../../support/settings.ts'
import { aHealthyStack } from '../doctor/a-healthy-stack.ts'
import type { Healthy } from '../doctor/a-healthy-stack.ts'
import { cli } from '../typed.ts'

const audiences = ({ stack }: Pick<Healthy, 'stack'>, ...args: string[]) =>
  cli(['audiences', ...args], '', { trackUrl: stack.url })
const createNewsletter = (healthy: Healthy) =>
  audiences(healthy, 'create', 'Newsletter', '--destination', 'main', '--yes')
const rowsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
const idsIn = async ({ meta }: Healthy) => {
  const { audiences: all } = (await (await fetch(`${meta.url}/_emulator/audiences`)).json()) as {
    audiences: { id: string }[]
  }
  return all.map(({ id }) => id)
}

describe('audiences list', () => {
  test('shows what the token sees in the ad account: size, health, and what feeds it', async () => {
    const healthy = await aHealthyStack({
      destinations: [
        { memberships: { vip: AUDIENCE }, events: { A: AUDIENCE, B: { audiences: AUDIENCE, action: 'add' } } },
      ],
    })
    await healthy.graph(`audiences/${AUDIENCE}`, { name: 'Customers\u001b[31m', operationStatus: 471 })
    await healthy.graph(`audiences/${OTHER_AUDIENCE}`, { subtype: 'LOOKALIKE' })
    const { status, stdout, stderr } = await audiences(healthy)
    expect([status, stdout]).toEqual([0, (await audiences(healthy, 'list')).stdout])
    expect(rowsOf(stdout)).toEqual([
      [
        'act_1',
        OTHER_AUDIENCE,
        `Audience ${OTHER_AUDIENCE}`,
        '?',
        'lookalike',
        expect.stringMatching(/^2\d{3}-.*Z$/),
        '',
      ],
      ['act_1', AUDIENCE, 'Customers [31m', '?', 'flagged', expect.stringMatching(/Z$/), 'main: A, B, vip'],
    ])
    expect(stderr).toContain('local stack at')
    const document = JSON.parse((await audiences(healthy, 'list', '--json')).stdout) as unknown
    expect(document).toMatchObject({
      accounts: [
        { account: 'act_1', audiences: [{ id: OTHER_AUDIENCE }, { id: AUDIENCE, fedBy: ['main: A, B, vip'] }] },
      ],
      problems: [],
    })
  })

  test('reads all pages', async () => {
    const healthy = await aHealthyStack()
    for (let number = 1; number <= 103; number += 1)
      await fetch(`${healthy.meta.url}/v26.0/act_1/customaudiences`, {
        method: 'POST',
        headers: { authorization: 'Bearer EAAGoodToken' },
        body: new URLSearchParams({
          name: `n${number}`,
          subtype: 'CUSTOM',
          customer_file_source: 'USER_PROVIDED_ONLY',
        }),
      })
    const { stdout } = await audiences(healthy, 'list')
    const ids = rowsOf(stdout).map(([, id]) => id)
    expect([ids.length, new Set(ids).size]).toEqual([105, 105])
  })

  test('tells the size of an audience that has people', async () => {
    const healthy = await aHealthyStack()
    const data = Array.from({ length: 1_234 }, (_, place) => [String(place).padStart(64, '0')])
    await fetch(`${healthy.meta.url}/v26.0/${AUDIENCE}/users`, {
      method: 'POST',
      headers: { authorization: 'Bearer EAAGoodToken', 'content-type': 'application/json' },
      body: JSON.stringify({ payload: { schema: ['EMAIL'], data } }),
    })
    const rows = rowsOf((await audiences(healthy)).stdout)
    expect(rows.find(([, id]) => id === AUDIENCE)?.[3]).toBe('1200–1300')
  })

  test('an audience of the settings that the token does not see is told, and so are destinations without a token', async () => {
    const healthy = await aHealthyStack({
      destinations: [{ adAccountId: '1' }, { name: 'second', events: { B: OTHER_AUDIENCE } }],
      secrets: { 'token/second': 'not-set' },
    })
    await healthy.graph(`audiences/${AUDIENCE}`, { permission: 'none' })
    const { status, stdout, stderr } = await audiences(healthy)
    expect([status, rowsOf(stdout).map(([, id]) => id)]).toEqual([1, [OTHER_AUDIENCE]])
    expect(stderr).toContain(`${AUDIENCE} of main is in none of these ad accounts`)
    expect(stderr).toContain('second has no token yet. Store one: npm run -s cli -- token set second')
  })

  test('a token that Meta refuses is a problem with advice, and Meta out of reach ends with 3', async () => {
    const healthy = await aHealthyStack({ secrets: { 'token/main': 'wrong' } })
    const { status, stderr } = await audiences(healthy)
    expect([status, stderr]).toEqual([1, expect.stringMatching(/graph_190.*new access token/)])
    await healthy.meta.close()
    const unreachable = await audiences(healthy)
    expect([unreachable.status, unreachable.stderr]).toEqual([3, expect.stringContaining('Repeat the command.')])
    expect(unreachable.stderr).not.toContain('it is repeated')
  })
})

describe('audiences create', () => {
  test('makes a customer list, prints its id, and the line that leads an event to it', async () => {
    const healthy = await aHealthyStack()
    const { status, stdout, stderr } = await audiences(
      healthy,
      ...['create', ' Newsletter ', '--destination', 'main', '--description', 'All', '--yes'],
    )
    expect(status).toBe(0)
    const id = stdout.trim()
    expect(await idsIn(healthy)).toContain(id)
    expect(stderr).toContain(`"EVENT_NAME": "${id}"`)
    const state = (await (await fetch(`${healthy.meta.url}/_emulator/audiences/${id}`)).json()) as object
    expect(state).toMatchObject({ name: 'Newsletter', description: 'All', subtype: 'CUSTOM', isValueBased: false })
  })

  test.each([
    [{}, ['--value-based']],
    [{ isValueBasedAudience: true, userSchema: ['EMAIL', 'LOOKALIKE_VALUE'] }, []],
  ])('of a destination with %j and the options %j the audience is value based', async (more, options) => {
    const healthy = await aHealthyStack({ destinations: [more] })
    const { stdout } = await audiences(healthy, 'create', 'VIP', '--destination', 'main', '--yes', '--json', ...options)
    const { id, isValueBased } = JSON.parse(stdout) as { id: string; isValueBased: boolean }
    expect(isValueBased).toBe(true)
    const state = (await (await fetch(`${healthy.meta.url}/_emulator/audiences/${id}`)).json()) as object
    expect(state).toMatchObject({ isValueBased: true })
  })

  test('a name that is there already is told with its id, and nothing is made', async () => {
    const healthy = await aHealthyStack()
    await healthy.graph(`audiences/${AUDIENCE}`, { name: 'Newsletter' })
    const before = await idsIn(healthy)
    const { status, stdout, stderr } = await createNewsletter(healthy)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`already: ${AUDIENCE}. Nothing was made.`)
    expect(await idsIn(healthy)).toEqual(before)
    const told = await audiences(healthy, 'create', 'Newsletter', '--destination', 'main', '--json')
    expect(told.status).toBe(1)
    expect(JSON.parse(told.stdout)).toMatchObject({ made: false, id: AUDIENCE, line: `"EVENT_NAME": "${AUDIENCE}"` })
  })

  test.each<[string, string[], number, RegExp]>([
    ['without a yes', ['--destination', 'main'], 2, /--yes/],
    ['without a destination', [], 2, /--destination/],
    ['for a destination that is not there', ['--destination', 'mian', '--yes'], 2, /Did you mean main\?/],
    ['for an ad account that is no number', ['--destination', 'main', '--account', 'x', '--yes'], 2, /act_1234567890/],
    ['for another ad account', ['--destination', 'main', '--account', 'act_2', '--yes'], 1, /graph_100_33/],
  ])('%s it makes nothing', async (_, options, expected, message) => {
    const healthy = await aHealthyStack()
    const before = await idsIn(healthy)
    const { status, stdout, stderr } = await audiences(healthy, 'create', 'Newsletter', ...options)
    expect([status, stdout, stderr]).toEqual([expected, '', expect.stringMatching(message)])
    expect(await idsIn(healthy)).toEqual(before)
  })

  test('terms that nobody accepted are told with the advice', async () => {
    const healthy = await aHealthyStack()
    await healthy.graph('settings', { termsAccepted: false })
    const { status, stderr } = await createNewsletter(healthy)
    expect([status, stderr]).toEqual([1, expect.stringMatching(/graph_2663.*customaudiences\/tos/)])
    const told = await audiences(healthy, 'create', 'Newsletter', '--destination', 'main', '--yes', '--json')
    const document = JSON.parse(told.stdout) as Record<string, unknown>
    expect([told.status, document]).toMatchObject([1, { destination: 'main', made: false }])
    expect(document.message).toContain('graph_2663')
  })

  test('an answer that is lost is not taken for a no: it is not made twice, and it says where to look', async () => {
    const healthy = await aHealthyStack()
    const before = await idsIn(healthy)
    await healthy.graph(
      'faults',
      { fault: 'reset-after-applying', audience: 'act_1', method: 'POST', times: 1 },
      'POST',
    )
    const { status, stdout, stderr } = await createNewsletter(healthy)
    expect([status, stdout, stderr]).toEqual([3, '', expect.stringMatching(/audiences list/)])
    expect(await idsIn(healthy)).toHaveLength(before.length + 1)
  })

  testInTerminal('a person is asked, in which ad account and what; no makes nothing', async () => {
    const healthy = await aHealthyStack()
    const run = async (answer: string) => {
      const args = ['audiences', 'create', 'Newsletter', '--destination', 'main']
      const term = await inTerminal(args, { env: { TRACK_URL: healthy.stack.url } })
      await term.sees(/Make the customer list "Newsletter" in act_1\?/)
      term.types(answer)
      return term.ended()
    }
    const before = await idsIn(healthy)
    expect((await run('n')).status).toBe(130)
    expect(await idsIn(healthy)).toEqual(before)
    const { status, text } = await run('y')
    expect([status, text]).toEqual([0, expect.stringMatching(/Made "Newsletter" in act_1\./)])
    const list = await (await inTerminal(['audiences'], { env: { TRACK_URL: healthy.stack.url } })).ended()
    expect(list.text).toMatch(/Ad account act_1\nid +name +people +health +changed +fed by/)
    for (const line of list.text.split(/[\r\n]+/)) expect(line.length).toBeLessThanOrEqual(80)
  })
})

test('a misspelled sub-command is named, with those that there are', async () => {
  const { status, stderr } = await cli(['audiences', 'creat', 'Newsletter'])
  expect([status, stderr]).toEqual([2, expect.stringContaining("unknown command 'creat'; there are: list, create")])
})
