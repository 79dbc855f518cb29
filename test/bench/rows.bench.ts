import { execFile } from 'node:child_process'
import { createHash, hash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createToRow } from '../../lib/audience/row.ts'
import { SCHEMA_FIELDS } from '../../lib/config/schema-field.ts'
import type { SchemaField } from '../../lib/config/schema-field.ts'
import { interleave, median } from './benchmark.ts'
import type { Benchmark, Measurement } from './benchmark.ts'
import { makePeople } from './people.ts'
import type { PeopleOptions, Person } from './people.ts'
import { ALL_FIELDS, SIX_FIELDS, settingsFor } from './rows-settings.ts'

const ROUNDS = 200
const ROWS = 1_000

/** The time from users to hashed rows, against the bare cost of lower-casing and hashing the same cells. */
const benchmark: Benchmark = {
  name: 'rows',
  run: async () => [
    ...measure('EMAIL', ['EMAIL']),
    ...measure('EMAIL FN', ['EMAIL', 'FN']),
    ...measure('6 fields', SIX_FIELDS),
    ...measure('15 fields', ALL_FIELDS),
    ...measure('15 fields, nothing repeats', ALL_FIELDS, { nothingRepeats: true }),
    ...measure('PHONE, national', ['PHONE'], { nationalPhones: true }),
    await memory(),
  ],
}
export default benchmark

/** Counts on over all measurements, so that no people come twice. */
let seed = 0

function measure(name: string, fields: readonly SchemaField[], options?: PeopleOptions): Measurement[] {
  const build = createToRow(settingsFor(fields), Date.now)
  const rounds = interleave(ROUNDS, () => {
    // New people every round: nothing has been seen before but what recurs among people.
    const people = makePeople(ROWS, ++seed, options)
    const texts = hashedTexts(people, fields)
    return {
      rows: () => people.map(build),
      bareHash: () => texts.map((text) => hash('sha256', text.trim().toLowerCase(), 'hex')),
      bareCreateHash: () => texts.map((text) => createHash('sha256').update(text.trim().toLowerCase()).digest('hex')),
    }
  })
  const ratio = (variant: 'bareHash' | 'bareCreateHash') => median(rounds.map((round) => round[variant] / round.rows))
  return [
    { name, value: ROWS / median(rounds.map(({ rows }) => rows)), unit: 'rows/s' },
    { name: `${name}: speed against bare crypto.hash`, value: ratio('bareHash'), unit: '×' },
    { name: `${name}: speed against bare createHash`, value: ratio('bareCreateHash'), unit: '×' },
  ]
}

/** What a bare loop has to hash, too: every text of a hashed field (all are usable, as the test shows). */
export function hashedTexts(people: readonly Person[], fields: readonly SchemaField[]): string[] {
  const hashed = fields.filter((field) => SCHEMA_FIELDS[field].hashed)
  return people.flatMap((person) => hashed.map((field) => String(person[field]))).filter((text) => text !== '')
}

async function memory(): Promise<Measurement> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'rows-memory.ts')])
  const { bytes } = JSON.parse(stdout) as { bytes: number }
  return { name: 'extra memory, 10,000 rows of 15 fields', value: bytes / 1e6, unit: 'MB' }
}
