import { Command } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { discardCommand } from './discard-command.ts'
import { listCommand } from './list-command.ts'
import { redriveCommand } from './redrive-command.ts'
import { showCommand } from './show-command.ts'

/** `dlq`: the dead letters, which were accepted and could not be delivered. */
export function deadLettersCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return new Command('dlq')
    .description('dead letters: what could not be delivered, why, and how to deliver it again')
    .helpCommand(false)
    .addCommand(listCommand(surroundings, end))
    .addCommand(showCommand(surroundings, end))
    .addCommand(redriveCommand(surroundings, end))
    .addCommand(discardCommand(surroundings, end))
    .addHelpText('after', examples('dlq list', 'dlq show', 'dlq redrive --reason graph_190'))
}
