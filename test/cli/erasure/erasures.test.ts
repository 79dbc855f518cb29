import { describe, expect, test } from 'vitest'
import type { ErasureRecord } from '../../../lib/erasure/record.ts'
import { AUDIENCE } from '../../support/settings.ts'
import { anEndpoint, anIngestEndpoint } from '../endpoint.ts'
import { inTerminal, testInTerminal } from '../../support/pseudo-terminal.ts'
import { cli } from '../typed.ts'

const removals = [
  { destination: 'main', audienceIds: [AUDIENCE, 'act_42'], users: 2 },
  { destination: 'crm', audienceIds: [AUDIENCE], users: 1 },
]
const aRecord = (id: string, more: Partial<ErasureRecord> = {}): ErasureRecord => ({
  ...{ id, at: Date.parse('2026-11-27T10:05:00Z'), kind: 'erase', source: 'server', users: 2, removals, notSent: [] },
  ...more,
})

async function someErasures(...records: ErasureRecord[]) {
  const { url, ingest, asked } = await anIngestEndpoint()
  ingest.erasures.records.push(...records)
  const erasures = (...args: string[]) => cli(['erasures', '--url', url, ...args], '', { writeKey: 'key' })
  return { url, ingest, asked, erasures }
}

describe('erasures', () => {
  test('shows when how many people were erased, and which audiences still have somebody of them', async () => {
    const { ingest, erasures } = await someErasures(
      aRecord('e-1'),
      aRecord('e-2', { at: Date.parse('2026-11-27T11:00:00Z'), kind: 'unerase', removals: [] }),
      aRecord('e-3', { at: Date.parse('2026-11-28T09:30:00Z') }),
    )
    for (const [audienceId, done] of [
      [AUDIENCE, [0, 1]],
      ['act_42', [0, 1]],
    ] as const)
      await ingest.erasures.note({ id: 'e-1', destination: 'main', audienceId, done })
    await ingest.erasures.note({ id: 'e-1', destination: 'crm', audienceId: AUDIENCE, done: [1] })
    await ingest.erasures.note({ id: 'e-3', destination: 'main', audienceId: 'act_42', done: [0] })
    await ingest.erasures.note({ id: 'e-3', destination: 'crm', audienceId: AUDIENCE, done: [1] })

    const { status, stdout, stderr } = await erasures()
    expect(status).toBe(0)
    expect(stdout.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '))).toEqual([
      'time (UTC) | id | kind | users | state',
      '2026-11-28 09:30 | e-3 | erase | 2 | open',
      '2 of 3 audiences open:',
      `main ${AUDIENCE} (0 of 2 removed)`,
      'main act_42 (1 of 2 removed)',
      '2026-11-27 11:00 | e-2 | unerase | 2 | done',
      '2026-11-27 10:05 | e-1 | erase | 2 | done',
      '',
    ])
    expect(stderr).toContain('npm run -s cli -- status --url ')
    expect(stderr).toContain('npm run -s cli -- dlq list --url ')
  })

  test('says in the table which destinations an erasure has removed nobody from, and why, also of one that is done', async () => {
    const { ingest, erasures } = await someErasures(
      aRecord('e-1', {
        removals: [{ destination: 'main', audienceIds: [AUDIENCE], users: 1 }],
        notSent: [
          { destination: 'plain', code: 'no_identifier_of_it', users: 2 },
          { destination: 'some', code: 'no_identifier_of_it', users: 1 },
          { destination: 'names', code: 'names_only' },
          { destination: 'trial', code: 'dry_run' },
        ],
      }),
    )
    await ingest.erasures.note({ id: 'e-1', destination: 'main', audienceId: AUDIENCE, done: [0] })
    const { stdout } = await erasures()
    expect(stdout.split('\n').slice(1)).toEqual([
      expect.stringMatching(/ done but$/),
      '    not in plain (no identifier of it)',
      '    not in some (no identifier of it: 1 of 2 users)',
      '    not in names (names only)',
      '    not in trial (trial run)',
      '',
    ])
  })

  test('fits into 80 columns, and names five open audiences of many', async () => {
    const audienceIds = Array.from({ length: 9 }, (_, index) => `2384644060280058${index}`)
    const { erasures } = await someErasures(
      aRecord('0193a5b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b', {
        ...{ kind: 'erase', users: 10_000, removals: [{ destination: 'main', audienceIds, users: 10_000 }] },
      }),
    )
    const { stdout } = await erasures()
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(stdout.match(/0 of 10000 removed/g)).toHaveLength(5)
    expect(stdout).toContain('9 of 9 audiences open:')
    expect(stdout).toContain('and 4 more')
  })

  test('gives no advice where nothing is open, and says so where nobody was erased', async () => {
    const { erasures } = await someErasures(aRecord('e-1', { kind: 'unerase', removals: [] }))
    expect((await erasures()).stderr).toBe('')
    const nobody = await someErasures()
    expect(await nobody.erasures()).toEqual({ status: 0, stdout: 'Nobody was erased yet.\n', stderr: '' })
  })

  test('shows a hundred, says how to see older ones, and shows these', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => `e-${String(index).padStart(3, '0')}`)
    const { erasures } = await someErasures(...ids.map((id) => aRecord(id, { kind: 'unerase', removals: [] })))
    const { stdout, stderr } = await erasures()
    expect(stdout.match(/unerase/g)).toHaveLength(100)
    expect(stderr).toContain('npm run -s cli -- erasures --before e-001')
    const older = await erasures('--before', 'e-001')
    expect([older.stdout.match(/e-\d+/g), older.stderr]).toEqual([['e-000'], ''])
    expect((await erasures('--before', 'e-000')).stdout).toBe('No erasure is older.\n')
    const unknown = await erasures('--before', 'e/&nowhere')
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('no erasure has the id')])
  })

  test('with --json prints the answer', async () => {
    const { erasures } = await someErasures(aRecord('e-1'))
    const { status, stdout, stderr } = await erasures('--json')
    expect([status, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ success: true, erasures: [{ id: 'e-1', state: 'open' }], more: false })
  })

  test('ends with 1 for a source that may not erase, with 3 where the list cannot be read or nothing answers', async () => {
    const { url } = await anIngestEndpoint({})
    const refused = await cli(['erasures', '--url', url], '', { writeKey: 'key' })
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('"mayErase": true')])
    const { ingest, erasures } = await someErasures()
    ingest.erasures.newest = () => Promise.reject(new Error('no answer'))
    expect(await erasures()).toMatchObject({ status: 3, stdout: '' })
    const { url: gone, close } = await anEndpoint(() => ({ status: 200, text: '' }))
    await close()
    const unanswered = await cli(['erasures'], '', { trackUrl: gone, writeKey: 'key' })
    expect(unanswered.stderr).toContain(`nothing answers at ${gone}`)
    expect((await cli(['erasures'], '', { trackUrl: gone })).stderr).toContain(`No local stack answers at ${gone}`)
  })

  test.each([
    [['users.json'], 'too many arguments'],
    [['--yes'], "unknown option '--yes'"],
    [['--url', 'ftp://localhost'], '--url must be an address'],
  ])('ends with 2 for wrong usage %j', async (args, message) => {
    const { status, stderr } = await cli(['erasures', ...args])
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

testInTerminal('in a narrow terminal, ids are cut and no line goes on in the next one', async () => {
  const id = '01a2216c-ebce-7206-ad9e-62d0a2643dfb'
  const { url } = await someErasures(aRecord(id, { kind: 'unerase', removals: [] }))
  const term = await inTerminal(['erasures', '--url', url], { columns: 60, env: { WRITE_KEY: 'key' } })
  const { text } = await term.ended()
  expect(text).toMatch(/01a2216c-…[0-9a-f]+dfb +unerase/)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
})
