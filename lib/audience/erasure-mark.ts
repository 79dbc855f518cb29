/**
 * What marks a row as one of an erasure: the erasure's id, and the person's place in its request. A person who may be known
 * in two forms has two rows, with the places 7.1 and 7.2.
 */
export function erasureMark(id: string, place: number, row?: 1 | 2): string {
  return `${id}#${place}${row === undefined ? '' : `.${row}`}`
}

/** The erasure and the place that a mark stands for. */
export function readErasureMark(mark: string): { id: string; place: number } {
  const end = mark.lastIndexOf('#')
  return { id: mark.slice(0, end), place: Number(mark.slice(end + 1)) }
}
