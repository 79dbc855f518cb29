import { closestMatch } from 'leven'

/** A setting that is wrong: where it stands, and what to do about it. */
export type SettingProblem = { path: string; message: string }

/** What to say of a key that is no setting, with the one that it is most like. */
export function unknownSetting(key: string, known: readonly string[]): string {
  const lowerCase = known.map((name) => name.toLowerCase())
  const begins = lowerCase.find((name) => name.startsWith(key.toLowerCase()))
  const nearest = begins ?? closestMatch(key.toLowerCase(), lowerCase) ?? ''
  return `is not a setting; remove it, or write "${known[lowerCase.indexOf(nearest)] ?? ''}" if you meant that`
}
