import { InvalidControlRequest } from './invalid-control-request.ts'
import { isRecord } from './json.ts'

/** A value that a control request may change: what it is at first, and what it takes. */
export type Setting<T> = { initial: T; takes: string; accepts: (value: unknown) => value is T }

type Table = Readonly<Record<string, Setting<unknown>>>

/** The values of a table of settings. */
export type Values<T extends Table> = { [Name in keyof T]: T[Name] extends Setting<infer V> ? V : never }

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
const isText = (value: unknown): value is string => typeof value === 'string'

export const flag = (initial: boolean): Setting<boolean> => ({
  initial,
  takes: 'true or false',
  accepts: (value) => typeof value === 'boolean',
})

export const wholeNumber = (initial: number, least = 0, most = Infinity): Setting<number> => ({
  initial,
  takes: `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
  accepts: (value): value is number => isWhole(value) && value >= least && value <= most,
})

export const choice = <const T extends string>(...names: readonly [T, ...T[]]): Setting<T> => ({
  initial: names[0],
  takes: names.length > 4 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}` : names.join(' or '),
  accepts: (value): value is T => names.some((name) => name === value),
})

export const text = (initial: string): Setting<string> => ({ initial, takes: 'a text', accepts: isText })

export const texts = (...initial: string[]): Setting<readonly string[]> => ({
  initial,
  takes: 'a list of texts',
  accepts: (value): value is readonly string[] => Array.isArray(value) && value.every(isText),
})

/** The same, or null, which it is at first. */
export const orNull = <T>({ takes, accepts }: Setting<T>): Setting<T | null> => ({
  initial: null,
  takes: `${takes}, or null`,
  accepts: (value): value is T | null => value === null || accepts(value),
})

/** Every setting of a table as it is at first. */
export function initialValues<T extends Table>(table: T): Values<T> {
  return Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, setting.initial])) as Values<T>
}

/** The values after a change, which is refused as a whole when a name or a value in it is not known. */
export function changedValues<T extends Table>(table: T, values: Values<T>, change: unknown): Values<T> {
  if (!isRecord(change)) throw new InvalidControlRequest('settings must be a JSON object')
  for (const [name, value] of Object.entries(change)) {
    const setting = Object.hasOwn(table, name) ? table[name] : undefined
    if (!setting)
      throw new InvalidControlRequest(`unknown setting "${name}", allowed: ${Object.keys(table).join(', ')}`)
    if (!setting.accepts(value)) throw new InvalidControlRequest(`setting "${name}" takes ${setting.takes}`)
  }
  return { ...values, ...change }
}
