import type { ErasureRecord } from '../../erasure/record.ts'
import type { JsonObject } from '../../track/json-object.ts'
import { nameOf, readJson } from '../input-file.ts'
import type { StackOptions } from '../stack/options.ts'
import type { Surroundings } from '../surroundings.ts'
import { UsageError } from '../wrong-use.ts'

/** An erasure, or its taking back. */
export type EraseKind = ErasureRecord['kind']

const FIELDS = { email: 'EMAIL', phone: 'PHONE', externId: 'EXTERN_ID', madid: 'MADID' } as const

type Identifiers = { [option in keyof typeof FIELDS]?: string[] }
/** What says who is meant, and where the service is. */
export type PersonValues = Identifiers & StackOptions & { json?: true }
/** The body of the request, and the file that it is from. The options describe one person. */
export function peopleToErase(
  kind: EraseKind | 'why',
  file: string | undefined,
  values: PersonValues,
  { readStandardInput }: Surroundings,
): { body: unknown; from?: string } {
  const users = personBy(values)
  if (file !== undefined && users.length > 0) throw new UsageError(`${kind} takes a file or options, and not both`)
  if (file === undefined && users.length === 0)
    throw new UsageError(`Say who is meant: ${kind} --email ann@example.com, or ${kind} users.json`)
  if (file === undefined) return { body: { users } }
  const json = readJson(file, readStandardInput)
  return { body: Array.isArray(json) ? { users: json } : json, from: nameOf(file) }
}

/** A user has one value for each field, so a person with two e-mail addresses is two users. */
function personBy(values: Identifiers): JsonObject[] {
  const users: Record<string, string>[] = []
  for (const [option, field] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][])
    values[option]?.forEach((value, place) => {
      if (value.trim() === '') throw new UsageError(`--${option === 'externId' ? 'extern-id' : option} is empty`)
      users[place] = { ...users[place], [field]: value }
    })
  return users
}
