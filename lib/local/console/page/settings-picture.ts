import type { SettingsPicture } from '../feed.ts'

export type Column = 'source' | 'call' | 'destination' | 'audience'

/** A line from one box to the next column's, by the rows of both. */
export type Line = { from: Column; fromRow: number; toRow: number }

type Mapping = SettingsPicture['mappings'][number]

const NEXT = [
  ['source', 'call'],
  ['call', 'destination'],
  ['destination', 'audience'],
] as const

/** The boxes and lines of the settings: source → call → destination → audience, each name once. */
export function drawSettings({ sources, mappings }: Pick<SettingsPicture, 'sources' | 'mappings'>): {
  boxes: Record<Column, string[]>
  lines: Line[]
} {
  const boxes: Record<Column, string[]> = {
    source: distinct(sources.map(({ name }) => name)),
    call: distinct(mappings.map(callOf)),
    destination: distinct(mappings.map(({ destination }) => destination)),
    audience: distinct(mappings.flatMap(({ audiences }) => audiences)),
  }
  const lines = mappings.flatMap((mapping) =>
    mapping.audiences.flatMap((audience) => {
      const names: Record<Column, string> = { ...mapping, call: callOf(mapping), audience }
      return NEXT.map(([from, to]) => ({
        from,
        fromRow: boxes[from].indexOf(names[from]),
        toRow: boxes[to].indexOf(names[to]),
      }))
    }),
  )
  const keyOf = ({ from, fromRow, toRow }: Line) => `${from} ${fromRow} ${toRow}`
  return { boxes, lines: [...new Map(lines.map((line) => [keyOf(line), line])).values()] }
}

/** `event USER_ADD`, `membership vip`, `records` */
export function callOf({ kind, name }: Pick<Mapping, 'kind' | 'name'>): string {
  return kind === 'record' ? 'records' : `${kind} ${name}`
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)]
}
