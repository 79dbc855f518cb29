import jsonc from 'jsonc-parser'
import type { SettingProblem } from './setting-problem.ts'

/** Keys that stand twice in one object of a JSON text. JSON.parse keeps the last one and says nothing. */
export function repeatedKeys(json: string): SettingProblem[] {
  const problems: SettingProblem[] = []
  const objects: Set<string>[] = []
  jsonc.visit(json, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectProperty: (key, _offset, _length, line, _character, pathOfObject) => {
      const keys = objects.at(-1)
      const path = [...pathOfObject(), key].join('.')
      if (keys?.has(key)) problems.push({ path, message: `stands a second time in line ${line + 1}` })
      keys?.add(key)
    },
    onObjectEnd: () => void objects.pop(),
  })
  return problems
}
