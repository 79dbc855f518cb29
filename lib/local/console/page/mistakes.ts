import { getNodeValue, parseTree } from 'jsonc-parser'
import type { Node } from 'jsonc-parser'
import type { Explanation } from '../../../cli/explain/explain.ts'
import { placeText } from './words.ts'

/** What is wrong with an event, and the line of its text that it is about, counted from 1. */
export type Mistake = { line: number; tone: 'failed' | 'waiting'; code: string; message: string }

/** More than these help nobody. */
const MOST = 200

/** Names of the lists, as `explain` says them, and as people may write them. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  userListAdd: ['userlistadd', 'add'],
  userListDelete: ['userlistdelete', 'delete'],
}

/** Finds the place in the text of all that an explanation found wrong. What has no place of its own is in its event's. */
export function mistakesIn(text: string, explanation: Explanation): Mistake[] {
  const root = parseTree(text)
  if (!root) return []
  const lineOf = lineFinder(text)
  const { rejected, ignored, warnings, dropped } = explanation
  const inEvent = (index: number, names: readonly (string | null | undefined)[]): Node => {
    const event = eventAt(root, index)
    return names.flatMap((name) => (name ? (propertyIn(event, name) ?? []) : []))[0] ?? event
  }
  const ofUser = (list: string, index: number | undefined, field: string | undefined): Node => {
    const user = index === undefined ? undefined : userAt(root, list, index)
    return (field === undefined ? undefined : propertyIn(user ?? root, field)) ?? user ?? root
  }
  const found: (Omit<Mistake, 'line'> & { node: Node })[] = [
    ...rejected.map(({ index, code, message, field, suggestion }) => ({
      ...{ node: inEvent(index, [field]), tone: 'failed' as const, code },
      message: meant(message, suggestion),
    })),
    ...ignored.map(({ index, code, message, event, key, suggestion, mapped = [] }) => ({
      ...{ node: inEvent(index, [key, event === undefined ? 'type' : 'event']), tone: 'failed' as const, code },
      message: `${meant(message, suggestion)}${mapped.length > 0 ? ` Mapped are: ${mapped.join(', ')}.` : ''}`,
    })),
    ...warnings.map(({ index = 0, list, code, message, field, suggestion }) => ({
      ...{ node: list === undefined ? inEvent(index, [field]) : ofUser(list, index, field) },
      ...{ tone: 'waiting' as const, code, message: meant(message, suggestion, field) },
    })),
    ...dropped.map(({ destination, list, index, field, reason, message }) => ({
      ...{ node: ofUser(list, index, field), tone: 'waiting' as const, code: reason },
      // Another destination may leave out the same user for the same reason.
      message: `${placeText(list, index)} for ${destination}: ${meant(message, undefined, field)}`,
    })),
  ]
  return found
    .slice(0, MOST)
    .map(({ node, ...about }) => ({ line: lineOf(node.offset), ...about }))
    .sort((a, b) => a.line - b.line)
}

function meant(message: string, suggestion: string | undefined, field?: string): string {
  const about = field === undefined ? message : `${field}: ${message}`
  return suggestion === undefined ? about : `${about} Did you mean ${suggestion}?`
}

/** The event of that number in an array, or in the first array of objects of a body; else the whole text. */
function eventAt(root: Node, index: number): Node {
  const arrays = [root, ...propertiesOf(root).map(({ value }) => value)].filter(({ type }) => type === 'array')
  const events = arrays.find(({ children = [] }) => children.some(({ type }) => type === 'object'))
  return events?.children?.[index] ?? root
}

function userAt(root: Node, list: string, index: number): Node | undefined {
  const names = LISTS[list] ?? []
  const found = findProperty(root, (key, value) => names.includes(key) && value.type === 'array')
  return found?.value.children?.[index]
}

/** The property with this key, in whatever case and depth. */
function propertyIn(node: Node, name: string): Node | undefined {
  return findProperty(node, (key) => key === name.toLowerCase())?.property
}

type Property = { property: Node; key: string; value: Node }

function findProperty(node: Node, fits: (key: string, value: Node) => boolean): Property | undefined {
  const own = propertiesOf(node)
  const direct = own.find(({ key, value }) => fits(key.toLowerCase(), value))
  if (direct) return direct
  for (const child of node.type === 'array' ? (node.children ?? []) : own.map(({ value }) => value)) {
    const found = findProperty(child, fits)
    if (found) return found
  }
  return undefined
}

function propertiesOf({ type, children = [] }: Node): Property[] {
  if (type !== 'object') return []
  return children.flatMap((property) => {
    const [key, value] = property.children ?? []
    return key && value ? [{ property, key: String(getNodeValue(key)), value }] : []
  })
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1
}
