import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { JSON_OPTION } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { EXAMPLE_TRAFFIC, costsOf } from './costs.ts'
import { costsMarkdown, costsTables } from './costs-tables.ts'

/** `costs`: what users cost on AWS. */
export function costsCommand({ terminal }: Surroundings, end: (result: Result) => void) {
  const { users, usersPerRequest, destinations } = EXAMPLE_TRAFFIC
  return new Command('costs')
    .description('show what users cost on AWS, and a month, with the prices it is computed from')
    .option('--users <n>', 'how many users are added or removed', atLeastOne, users)
    .option(
      '--per-request <n>',
      `users in a request to the endpoint (default: ${usersPerRequest.join(', ')})`,
      atLeastOne,
    )
    .option('--destinations <n>', 'how many destinations each request feeds', atLeastOne, destinations)
    .addOption(JSON_OPTION)
    .addHelpText('after', examples('costs --users 5000000 --per-request 10'))
    .action(({ perRequest, json, ...traffic }) => {
      const costs = costsOf({
        ...traffic,
        usersPerRequest: perRequest === undefined ? usersPerRequest : [perRequest],
      })
      const text = () => (terminal.columns === undefined ? costsMarkdown(costs) : costsTables(costs, terminal))
      end({ status: 0, stdout: json ? JSON.stringify(costs, null, 2) : text(), stderr: '' })
    })
}

function atLeastOne(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number < 1 || !Number.isSafeInteger(number))
    throw new InvalidArgumentError(`It must be a whole number of at least 1, such as 10.`)
  return number
}
