import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { EXAMPLE_TRAFFIC, costsTables } from './costs-tables.ts'

/** `costs`: what users cost on AWS. */
export function costsCommand(_: Surroundings, end: (result: Result) => void) {
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
    .addHelpText('after', examples('costs --users 5000000 --per-request 10'))
    .action(({ perRequest, ...traffic }) => {
      const stdout = costsTables({
        ...traffic,
        usersPerRequest: perRequest === undefined ? usersPerRequest : [perRequest],
      })
      end({ status: 0, stdout, stderr: '' })
    })
}

function atLeastOne(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number < 1 || !Number.isSafeInteger(number))
    throw new InvalidArgumentError(`It must be a whole number of at least 1, such as 10.`)
  return number
}
