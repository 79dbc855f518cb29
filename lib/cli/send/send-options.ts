import type { StackOptions } from '../stack/options.ts'

export const LISTS = ['add', 'delete'] as const

/** What `send` is given. */
export type SendOptions = StackOptions & {
  event: string
  list: (typeof LISTS)[number]
  source?: string
  asOf?: string
  timeColumn?: string
  map: string[]
  ignore: string[]
  session?: true
  dryRun?: true
  restart?: true
  reveal?: true
  yes?: true
  json?: true
}
