import { PROGRAM } from './stack/options.ts'

/** The examples at the end of a command's help: what is typed after PROGRAM. */
export function examples(...typed: readonly [string, ...string[]]): string {
  return ['', typed.length === 1 ? 'Example:' : 'Examples:', ...typed.map((each) => `  ${PROGRAM} ${each}`)].join('\n')
}
