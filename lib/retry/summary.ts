import * as v from 'valibot'

const rows = v.pipe(
  v.array(v.unknown()),
  v.transform(({ length }) => length),
)

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
export type RowsSummary = Omit<v.InferOutput<typeof summarySchema>, 'version' | 'kind'>

/** Reads only what the summary needs; undefined for a message of another form. */
export function summariseRows(body: string): RowsSummary | undefined {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return undefined
  }
  const parsed = v.safeParse(summarySchema, json)
  if (!parsed.success) return undefined
  const { version: _, kind: __, ...summary } = parsed.output
  return summary
}
