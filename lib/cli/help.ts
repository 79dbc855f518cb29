/** The examples at the end of a command's help: what is typed after `npm run -s cli --`. */
export function examples(...typed: readonly [string, ...string[]]): string {
  return [
    '',
    typed.length === 1 ? 'Example:' : 'Examples:',
    ...typed.map((each) => `  npm run -s cli -- ${each}`),
  ].join('\n')
}
