import { Command, Option } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { JSON_OPTION, REGION, STACK, URL_OPTION } from '../stack/options.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { LISTS } from './send-options.ts'
import { runSend } from './send.ts'

/** `send`: the users of a file. */
export function sendCommand(surroundings: Surroundings, end: (result: Result) => void) {
  const collect = (value: string, before: string[] = []) => [...before, value]
  return new Command('send')
    .description(
      'add the people of a file to the audiences of an event, or remove them: CSV with a first line that names the columns, or a JSON object in each line; plain or gzip',
    )
    .argument('<file>', 'the file; beside it, FILE.sent.json says how far it was sent')
    .requiredOption('--event <name>', 'the event, as the settings map it to audiences')
    .addOption(
      new Option('--list <list>', 'whether the people are added or removed').choices(LISTS).makeOptionMandatory(),
    )
    .option(
      '--as-of <time>',
      'how old the list is: a time, or "file" for the time of the file; asked for when left out',
    )
    .option('--time-column <name>', 'the column that says how old each row is, in place of --as-of')
    .option('--map <column=FIELD>', 'what a column is, as often as needed: --map "Kundennr=EXTERN_ID"', collect)
    .option('--ignore <column>', 'leave a column out, as often as needed', collect)
    .option('--source <name>', 'the source whose key is used; the one that feeds the event when left out')
    .option('--session', 'send it as one upload session of Meta, in order')
    .option('--dry-run', 'send nothing: look at every row, and count what would be sent')
    .option('--restart', 'begin anew, whatever was sent before')
    .option('--reveal', 'show the values of the first rows; without it, only their shape')
    .option('--yes', 'send without asking')
    .addOption(STACK)
    .addOption(REGION)
    .addOption(URL_OPTION)
    .addOption(JSON_OPTION)
    .addHelpText(
      'after',
      `\nAn old list that counts as new would put back everybody who has left since. So say how old it is.\n${examples(
        'send customers.csv --event USER_ADD --list add --dry-run',
        'send customers.csv --event USER_ADD --list add --as-of 2026-08-01',
        'send customers.csv --event USER_ADD --list add --map "Kundennr=EXTERN_ID" --stack FacebookAudienceSync',
      )}`,
    )
    .action(async (file, { map = [], ignore = [], ...options }) =>
      end(await runSend(file, { ...options, map, ignore }, surroundings)),
    )
}
