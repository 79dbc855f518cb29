import { nearestFirst } from './nearest-name.ts'

/** A setting that is wrong: where it stands, and what to do about it. */
export type SettingProblem = { path: string; message: string }

/** What to say of a key that is no setting, with the one that it is most like. */
export function unknownSetting(key: string, known: readonly string[]): string {
  const begins = known.find((name) => name.toLowerCase().startsWith(key.toLowerCase()))
  const nearest = begins ?? nearestFirst(key, known, 1)[0] ?? ''
  return `is not a setting; remove it, or write "${nearest}" if you meant that`
}
