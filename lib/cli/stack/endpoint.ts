import * as v from 'valibot'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Source } from '../../config/destinations-schema.ts'
import { isPrivateAddress } from '../../config/private-address.ts'
import { parseWriteKeys } from '../../config/write-keys.ts'
import type { Surroundings } from '../surroundings.ts'
import { printable } from '../terminal/terminal.ts'
import { OutOfReach, UsageError } from '../wrong-use.ts'
import type { StackOptions } from './options.ts'
import { awsReason } from './aws-reason.ts'
import { LOCAL_STACK, findStack } from './stack.ts'
import type { Stack } from './stack.ts'

/** Longer than any answer takes behind API Gateway, which ends a request after 29 s. */
const PATIENCE_MS = 40_000

export type Endpoint = { url: string; key: string; isOwnKey: boolean }

type Request = { method: 'GET' | 'POST'; path: string; body?: unknown }

/** `json` is the whole answer, as it came. */
type Answered<T> =
  { ok: true; answer: T; json: unknown } | { ok: false; status: 1 | 2 | 3; message: string; json: unknown }

/**
 * Where the service is, and a write key for it: WRITE_KEY, or that of the first source of the stack that fits. Throws
 * UsageError and OutOfReach.
 */
export async function endpointOf(
  options: StackOptions,
  surroundings: Surroundings,
  fits: (source: Source) => boolean,
): Promise<Endpoint> {
  const { TRACK_URL, WRITE_KEY } = surroundings.environment
  if (WRITE_KEY === '') throw new UsageError('WRITE_KEY is empty; set it to the write key of a source, or unset it')
  if (options.stack !== undefined) return endpointIn(await findStack(options, surroundings), surroundings, fits)
  const url = options.url ?? TRACK_URL ?? LOCAL_STACK
  if (!isPrivateAddress(url))
    throw new UsageError(
      `${options.url === undefined ? 'TRACK_URL' : '--url'} must be an address that begins with https://, or with http:// on this machine, such as ${LOCAL_STACK}, and is "${url}"`,
    )
  if (WRITE_KEY !== undefined) return { url: url.replace(/\/+$/, ''), key: WRITE_KEY, isOwnKey: true }
  if (url.startsWith('https:'))
    throw new UsageError(`${url} needs a write key: set WRITE_KEY to that of a source, or name the stack with --stack`)
  return endpointIn(await findStack(options, surroundings), surroundings, fits)
}

/** The service of a stack, and WRITE_KEY or the write key of the first source that fits. Throws as `endpointOf` does. */
export async function endpointIn(
  stack: Stack,
  { environment: { WRITE_KEY } }: Pick<Surroundings, 'environment'>,
  fits: (source: Source) => boolean,
): Promise<Endpoint> {
  return { url: stack.trackUrl, key: WRITE_KEY ?? (await keyOf(stack, fits)), isOwnKey: WRITE_KEY !== undefined }
}

/** The write key of the first source of a stack that fits. Throws UsageError and OutOfReach. */
export async function keyOf(
  { aws, output, settings, title }: Stack,
  fits: (source: Source) => boolean,
): Promise<string> {
  const source = settings.sources.find(fits)
  if (!source) throw new UsageError(`No source of the ${title} may do that: see "sources" in its settings`)
  const client = new SecretsManagerClient(aws)
  let text
  try {
    text = (await client.send(new GetSecretValueCommand({ SecretId: output('WriteKeysSecret') }))).SecretString ?? ''
  } catch (error) {
    throw new OutOfReach(`The write keys of the ${title} cannot be read: ${awsReason(error)}`)
  } finally {
    client.destroy()
  }
  const [key] = parseWriteKeys(text)?.sources.find((each) => each.source === source.name)?.writeKeys ?? []
  if (key === undefined)
    throw new OutOfReach(`The secret ${output('WriteKeysSecret')} has no usable entry for source "${source.name}"`)
  return key
}

/** Sends a request to the service. What it answers must have this form. */
export async function ask<T extends v.GenericSchema>(
  { url, key, isOwnKey }: Endpoint,
  { method, path, body }: Request,
  form: T,
  fetch: Surroundings['fetch'],
): Promise<Answered<v.InferOutput<T>>> {
  let status: number
  let text: string
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirected POST would become a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    return { ok: false, status: 3, message: outOfReach(url, error), json: undefined }
  }
  const json = parsed(text)
  const answer = v.safeParse(form, json)
  if (status === 200 && answer.success) return { ok: true, answer: answer.output, json }
  const refusal = v.safeParse(REFUSAL, json)
  if (status === 200 || !refusal.success)
    return {
      ok: false,
      status: status >= 500 ? 3 : 1,
      message: `${url} answers ${status}, and not as this service does: see whether the address is right`,
      json,
    }
  const isKey = status === 401 || status === 403
  const about = isOwnKey
    ? 'The key was that of WRITE_KEY.'
    : 'The key was that of the stack. If it is new, repeat the command in ten seconds.'
  return {
    ok: false,
    status: exitStatus(status),
    message: `${printable(refusal.output.message)}${isKey ? `\n${about}` : ''}`,
    json,
  }
}

const REFUSAL = v.object({ code: v.string(), message: v.string() })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function exitStatus(status: number): 1 | 2 | 3 {
  if (status === 400 || status === 413) return 2
  return status === 429 || status >= 500 ? 3 : 1
}

function outOfReach(url: string, error: unknown): string {
  const { name, cause } = error as { name: string; cause?: { code?: string; message?: string } }
  if (cause?.code === 'ECONNREFUSED') return `nothing answers at ${url}: start it with npm start, or give --url`
  const reason =
    name === 'TimeoutError' ? `no answer in ${PATIENCE_MS / 1000} s` : (cause?.code ?? cause?.message ?? name)
  return `${url} cannot be reached (${reason}): see whether the address is right, and repeat the command`
}
