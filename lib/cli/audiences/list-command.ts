import { Command } from '@commander-js/extra-typings'
import { allAudiences } from '../../config/audience-mapping.ts'
import type { Destination } from '../../config/destinations-schema.ts'
import { CUSTOMER_LIST, listCustomAudiences } from '../../graph-api/custom-audience.ts'
import type { CustomAudience } from '../../graph-api/custom-audience.ts'
import { examples } from '../help.ts'
import { named } from '../secrets/known-name.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { StackOptions } from '../stack/options.ts'
import { openStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { table } from '../terminal/table.ts'
import { printable } from '../terminal/terminal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { timeCell } from '../terminal/time.ts'
import { audienceState } from './audience-state.ts'
import { fedBy } from './fed-by.ts'
import { accountsOf, callAs, refusal } from './reach-meta.ts'

type Options = StackOptions & { destination?: string; json?: true }

type Account = { account: string; audiences: readonly CustomAudience[] }

/** `audiences list`: what the token of each destination sees in its ad accounts. */
export function listCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('list')
    .description('show the audiences of each ad account: size, health, and what feeds them')
    .option('--destination <name>', 'the ad accounts of this destination; of all when left out')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('audiences list', 'audiences list --stack FacebookAudienceSync --json'))
    .action(async (options) => end(await runList(options, surroundings)))
}

async function runList(options: Options, surroundings: Surroundings): Promise<Result> {
  const { terminal } = surroundings
  const stack = await openStack(options, surroundings)
  const all = stack.settings.destinations
  const destinations = options.destination === undefined ? all : [named('destination', options.destination, all)]
  const accounts: Account[] = []
  const problems: string[] = []
  for (const destination of destinations) {
    terminal.redraw?.(`Asking Meta with the token of ${destination.name} …`)
    const listed = await listAs(destination, accounts, stack, surroundings)
    accounts.push(...listed.accounts)
    problems.push(...listed.problems)
  }
  terminal.redraw?.('')
  problems.push(...notListed(destinations, accounts, stack))
  const status = problems.length > 0 ? 1 : 0
  const stderr = problems.join('\n')
  if (options.json) return { status, stdout: JSON.stringify(documentOf(stack, accounts, problems), null, 2), stderr }
  for (const { account, audiences } of accounts) {
    if (terminal.columns !== undefined) terminal.say(`\n${terminal.paint('bold', `Ad account ${account}`)}`)
    if (audiences.length > 0) terminal.answer(audiencesTable(account, audiences, stack, terminal))
    else
      terminal.say(
        `It has no audience that the token sees. Make one: ${stack.typed('audiences create NAME --destination …')}`,
      )
  }
  return { status, stdout: '', stderr: stderr === '' ? '' : `\n${stderr}` }
}

/** The ad accounts of a destination that are not known yet, each with its audiences. */
async function listAs(
  destination: Destination,
  known: readonly Account[],
  stack: Stack,
  surroundings: Surroundings,
): Promise<{ accounts: Account[]; problems: string[] }> {
  const meta = await callAs(destination, stack, surroundings)
  if (!meta.ok) return { accounts: [], problems: [meta.message] }
  const found = await accountsOf(meta.call, destination)
  const { name } = destination
  if (!found.ok) return { accounts: [], problems: [refusal(`Meta tells no ad account of ${name}`, found.failure)] }
  const accounts: Account[] = []
  const problems: string[] = []
  for (const account of found.accounts.filter((id) => !known.some((each) => each.account === id))) {
    const answer = await listCustomAudiences(meta.call, account)
    if (answer.ok) accounts.push({ account, audiences: answer.value })
    else problems.push(refusal(`Meta does not list ${account} for the token of ${name}`, answer.failure))
  }
  return { accounts, problems }
}

/** Audiences of the settings that are in none of the lists. A list that is missing is a problem already told. */
function notListed(destinations: readonly Destination[], accounts: readonly Account[], { typed }: Stack): string[] {
  if (accounts.length === 0) return []
  const listed = new Set(accounts.flatMap(({ audiences }) => audiences.map(({ id }) => id)))
  return destinations.flatMap((destination) =>
    [...new Set(allAudiences(destination))]
      .filter((id) => !listed.has(id))
      .map((id) => `${id} of ${destination.name} is in none of these ad accounts. See why: ${typed('doctor')}`),
  )
}

function audiencesTable(
  account: string,
  audiences: readonly CustomAudience[],
  { settings, clock }: Stack,
  terminal: Terminal,
): string {
  const { columns, paint } = terminal
  const style = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'dim' } as const
  return table(
    [
      ...(columns === undefined ? [{ title: 'ad account' }] : []),
      { title: 'id' },
      { title: 'name', mayBeCut: true },
      { title: 'people', align: 'right' },
      { title: 'health' },
      { title: 'changed', align: 'right' },
      { title: 'fed by', mayBeCut: true },
    ],
    audiences.map((audience) => {
      const { id, name, subtype, size, updatedAt } = audience
      const state = audienceState(audience)
      const kind = subtype === undefined || subtype === CUSTOMER_LIST ? undefined : printable(subtype.toLowerCase())
      return [
        ...(columns === undefined ? [account] : []),
        printable(id),
        printable(name),
        size ? sizeCell(size, terminal) : '?',
        kind === undefined ? paint(style[state.outcome], state.word) : paint('dim', kind),
        timeCell(updatedAt, clock(), terminal),
        printable(fedBy(id, settings.destinations).join('; ')),
      ]
    }),
    terminal,
  )
}

function sizeCell({ least, most }: NonNullable<CustomAudience['size']>, { columns }: Terminal): string {
  const number = (count: number) => (columns === undefined ? String(count) : SHORT.format(count))
  return least === most ? number(most) : `${number(least)}–${number(most)}`
}

const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

function documentOf({ title, settings }: Stack, accounts: readonly Account[], problems: readonly string[]) {
  return {
    stack: title,
    accounts: accounts.map(({ account, audiences }) => ({
      account,
      audiences: audiences.map(({ updatedAt, ...audience }) => ({
        ...audience,
        health: audienceState(audience).text,
        ...(updatedAt !== undefined && { updatedAt: new Date(updatedAt).toISOString() }),
        fedBy: fedBy(audience.id, settings.destinations),
      })),
    })),
    problems,
  }
}
