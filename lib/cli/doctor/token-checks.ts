import type { Destination } from '../../config/destinations-schema.ts'
import type { AccessToken } from '../../graph-api/access-token.ts'
import { MANAGING, NEVER_ENDS_DAYS, TOKEN_DAYS_LIMIT, createTokenCheck } from '../../graph-api/debug-token.ts'
import type { TokenCheck, TokenFacts } from '../../graph-api/debug-token.ts'
import { NEWEST_VERSION, VERSION_DAYS_LIMIT, versionEnd } from '../../graph-api/versions.ts'
import { storedToken } from '../secrets/stored-token.ts'
import type { Stack } from '../stack/stack.ts'
import type { Surroundings } from '../surroundings.ts'
import { counted } from '../terminal/counted.ts'
import { printable } from '../terminal/terminal.ts'
import { checksOf, fail, ok, skipped, warn } from './check.ts'
import type { Check, Finding } from './check.ts'
import { unansweredByAws } from './unanswered.ts'

/** Enough to plan for a new token. */
const SOON_DAYS = 30

const SYSTEM_USER = 'Make a system user’s token that never ends: Business settings, System users, Generate token.'

/** The checks of a destination's token and version, and the token if it can be used. */
export type CheckedToken = { checks: Check[]; usable?: { token: AccessToken; facts: TokenFacts } }

/** Checks the token of a destination. `set` is the command that stores another. */
export async function checkToken(
  destination: Destination,
  stack: Stack,
  set: string,
  surroundings: Pick<Surroundings, 'fetch' | 'sleep'>,
): Promise<CheckedToken> {
  const version = { 'API version': versionFinding(destination.apiVersion, stack.clock()) }
  const read = await readToken(destination, stack, set)
  if (!read.ok) return { checks: checksOf({ token: read.finding, ...version }) }
  const token = ok('it is set, and can be read')
  const answer = await askAbout(read.token, destination, stack, surroundings)
  if (!answer.ok) return { checks: checksOf({ token, valid: notTold(answer, set), ...version }) }
  if (!answer.isValid)
    return {
      checks: checksOf({ token, valid: fail('it is wrong, withdrawn, or has ended', set), ...version }),
    }
  const { daysLeft, dataAccessDaysLeft, scopes, type } = answer
  const checks = checksOf({
    token,
    valid: ok('Meta takes it'),
    type: typeFinding(type, set),
    end: endFinding(daysLeft, `${SYSTEM_USER} Then: ${set}`),
    'data access': dataAccessDaysLeft === undefined ? undefined : endFinding(dataAccessDaysLeft, SYSTEM_USER),
    scopes: scopesFinding(scopes, set),
    ...version,
  })
  return { checks, usable: { token: read.token, facts: answer } }
}

async function readToken(
  destination: Destination,
  stack: Stack,
  set: string,
): Promise<{ ok: true; token: AccessToken } | { ok: false; finding: Finding }> {
  const { accessTokenSecret } = destination
  let reading
  try {
    reading = await storedToken(destination, stack)
  } catch (error) {
    const fix =
      accessTokenSecret === undefined
        ? 'Deploy again: npm run deploy'
        : `Make the secret ${accessTokenSecret}, or name another in "accessTokenSecret".`
    return { ok: false, finding: unansweredByAws(error, 'secretsmanager:GetSecretValue', fix) }
  }
  if (reading.ok) return reading
  if (reading.reason === 'token_unreadable')
    return { ok: false, finding: fail('the secret holds neither a token nor {"accessToken":…,"appSecret":…}', set) }
  const finding = destination.dryRun
    ? skipped('it is not set, and a trial run needs none', set)
    : fail('it is not set', set)
  return { ok: false, finding }
}

/** Asks once more when the first answer may be an accident. */
async function askAbout(
  token: AccessToken,
  { apiVersion }: Destination,
  { graphApiUrl, clock }: Stack,
  { fetch, sleep }: Pick<Surroundings, 'fetch' | 'sleep'>,
): Promise<TokenCheck> {
  const check = createTokenCheck({ baseUrl: graphApiUrl, fetch, clock })
  const first = await check(apiVersion, token)
  if (first.ok || (first.verdict !== undefined && first.verdict !== 'retry')) return first
  await sleep(1_000)
  return check(apiVersion, token)
}

function notTold({ reason, verdict, advice }: Extract<TokenCheck, { ok: false }>, set: string): Finding {
  if (verdict === 'wait') return skipped(`Meta limits the calls just now (${reason})`, 'Repeat this in some minutes.')
  if (advice !== undefined) return fail(`Meta refuses it (${reason})`, `${advice} ${set}`)
  return fail(
    `Meta could not be asked (${reason})`,
    'Repeat this. If it stays so, see metastatus.com, and your network.',
  )
}

function typeFinding(type: string | undefined, set: string): Finding {
  switch (type) {
    case 'SYSTEM_USER':
      return ok('a system user’s')
    case undefined:
      return skipped('Meta does not tell it')
    case 'USER':
      return warn('a person’s, so it may end any day', `${SYSTEM_USER} Then: ${set}`)
    default:
      return fail(`of type ${printable(type)}, which manages no audiences`, `${SYSTEM_USER} Then: ${set}`)
  }
}

function endFinding(daysLeft: number, fix: string): Finding {
  if (daysLeft >= NEVER_ENDS_DAYS) return ok('never')
  const when = daysLeft === 0 ? 'within a day' : `in ${counted(daysLeft, 'day')}`
  if (daysLeft < TOKEN_DAYS_LIMIT) return fail(when, fix)
  return daysLeft < SOON_DAYS ? warn(when, fix) : ok(when)
}

function scopesFinding(scopes: readonly string[] | undefined, set: string): Finding {
  if (!scopes) return skipped('Meta does not tell them')
  const all = printable(scopes.join(', '))
  return scopes.includes(MANAGING)
    ? ok(all)
    : fail(
        `${MANAGING} is missing${all === '' ? '' : `; it has ${all}`}`,
        `Generate a token with ${MANAGING}. Then: ${set}`,
      )
}

function versionFinding(version: string, now: number): Finding {
  const end = versionEnd(version, now)
  const fix = `Set "apiVersion": "${NEWEST_VERSION}" in destinations.json, or leave it out, and deploy.`
  if (!end) return warn(`${version} is newer than this program: nobody knows its end`, 'Upgrade this program.')
  const until = `${version} ends ${end.estimated ? 'no earlier than ' : ''}${end.date}`
  if (end.daysLeft < 0)
    return end.estimated ? warn(`${until}, which has passed`, fix) : fail(`${version} ended ${end.date}`, fix)
  return end.daysLeft < VERSION_DAYS_LIMIT ? warn(until, fix) : ok(until)
}
