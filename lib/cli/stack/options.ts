import { Option } from '@commander-js/extra-typings'

/** Which stack a command is for. */
export type StackOptions = { stack?: string | undefined; region?: string | undefined; url?: string | undefined }

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
