import { nearestFirst } from './nearest-name.ts'

/** A wrong setting: its place, and what to do about it. */
export type SettingProblem = { path: string; message: string }

/** The message for a key that is not a setting, with the setting that it resembles most. */
export function unknownSetting(key: string, known: readonly string[]): string {
  const begins = known.find((name) => name.toLowerCase().startsWith(key.toLowerCase()))
  const nearest = begins ?? nearestFirst(key, known, 1)[0] ?? ''
  return `is not a setting; remove it, or write "${nearest}" if you meant that`
}
