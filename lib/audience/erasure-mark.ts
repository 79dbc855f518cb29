/** What marks a row as one of an erasure: the erasure's id, and the person's place in its request. */
export function erasureMark(id: string, place: number): string {
  return `${id}#${place}`
}

/** The erasure and the place that a mark stands for. */
export function readErasureMark(mark: string): { id: string; place: number } {
  const end = mark.lastIndexOf('#')
  return { id: mark.slice(0, end), place: Number(mark.slice(end + 1)) }
}
