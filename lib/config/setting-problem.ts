import { nearestFirst } from './nearest-name.ts'

/** A wrong setting: its place, and what to do about it. */
export type SettingProblem = { path: string; message: string }

/** What is found wrong; with `warnings` the settings can be used all the same. */
export type Found = { problems: SettingProblem[]; warnings: SettingProblem[] }

/** Settings in their places; undefined stands for one that is wrong by itself. */
export type Partly<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** The message for a key that is not a setting, with the setting that it resembles most. */
export function unknownSetting(key: string, known: readonly string[]): string {
  const begins = known.find((name) => name.toLowerCase().startsWith(key.toLowerCase()))
  const nearest = begins ?? nearestFirst(key, known, 1)[0] ?? ''
  return `is not a setting; remove it, or write "${nearest}" if you meant that`
}
