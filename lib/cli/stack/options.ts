import { Option } from '@commander-js/extra-typings'

/** Which stack a command is for. */
export type StackOptions = { stack?: string | undefined; region?: string | undefined; url?: string | undefined }

/** What every command begins with. */
export const PROGRAM = 'npm run -s cli --'

/** A command of the command line, as it is typed for the same stack. */
export function typedFor({ stack, region, url }: StackOptions): (command: string) => string {
  const options = Object.entries({ stack, region, url }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(value)],
  )
  return (command) => [PROGRAM, command, ...options].join(' ')
}

/** A word for a shell. */
export function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

export const STACK = new Option(
  '--stack <name>',
  'a deployed stack, with the usual AWS credentials; the local one when left out',
)
export const REGION = new Option(
  '--region <region>',
  'where that stack is; the region of your AWS settings when left out',
)
export const URL_OPTION = new Option(
  '--url <url>',
  'the address of npm start; TRACK_URL or http://127.0.0.1:3000 when left out',
)
export const JSON_OPTION = new Option('--json', 'JSON for programs instead of tables')
