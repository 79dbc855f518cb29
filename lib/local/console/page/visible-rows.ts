/** Which rows of a long list are built: those in sight, and some beside them. */
export type VisibleRows = { first: number; end: number; above: number; below: number }

const BESIDE = 6

/** `above` and `below` are the heights that the other rows take. All lengths are in pixels, and all rows are as high. */
export function visibleRows(rows: number, rowHeight: number, scrollTop: number, height: number): VisibleRows {
  const first = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight) - BESIDE), Math.max(0, rows - 1))
  const end = Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + BESIDE)
  return { first, end, above: first * rowHeight, below: Math.max(0, rows - end) * rowHeight }
}
