import type { Destinations } from '../config/destinations-schema.ts'
import { LOCAL_REGION } from './template-value.ts'

/** What a program needs to know to work with the running stack: the answer to GET /_local/stack. */
export type StackDescription = {
  /** The outputs of the deployed stack, by the same names, as far as they have a value on this machine. */
  outputs: Record<string, string>
  awsUrl: string
  graphUrl: string
  region: string
  /** As the functions got them. The SHA-256 of their JSON is the output SettingsHash. */
  settings: Destinations
  timeScale: number
  /** The time on the functions' clock, ms since 1970. */
  now: number
}

type Running = Omit<StackDescription, 'region'> & { url: string }

/** Describes the stack whose gateway is at `url`. Its addresses take the place of those of AWS and Meta. */
export function describeStack({ url, outputs, ...stack }: Running): StackDescription {
  const { graphUrl } = stack
  return { outputs: { ...outputs, TrackUrl: `${url}/`, GraphApiUrl: graphUrl }, ...stack, region: LOCAL_REGION }
}
