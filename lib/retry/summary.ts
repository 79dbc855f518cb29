import * as v from 'valibot'

/** Time and mark of an erasure of a row, by their places: see `packRows`. */
const ERASURE_PLACE = 5

const rows = v.array(v.array(v.unknown()))

const summarySchema = v.object({
  version: v.literal(1),
  kind: v.literal('rows'),
  destination: v.string(),
  audienceIds: v.array(v.string()),
  /** Seconds that it still waits after its first receive. */
  thenWait: v.optional(v.number(), 0),
  add: rows,
  remove: rows,
})

/** What a message of waiting rows, or a dead letter of rows, is about: how many users, and nothing of them. */
export type RowsSummary = Pick<v.InferOutput<typeof summarySchema>, 'destination' | 'audienceIds' | 'thenWait'> & {
  add: number
  remove: number
  /** Some of them are erased. */
  hasErasure: boolean
  /** The times of their events, ms since 1970. */
  times: readonly number[]
}

/** Reads only what the summary needs; undefined for a message of another form. */
export function summariseRows(body: string): RowsSummary | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), summarySchema), body)
  if (!parsed.success) return undefined
  const { destination, audienceIds, thenWait, add, remove } = parsed.output
  const all = [...add, ...remove]
  return {
    ...{ destination, audienceIds, thenWait, add: add.length, remove: remove.length },
    hasErasure: all.some((row) => row[ERASURE_PLACE] !== undefined),
    times: all.flatMap(([at]) => (typeof at === 'number' ? [at] : [])),
  }
}
