import { Command } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { UsageError } from '../wrong-use.ts'
import { createCommand } from './create-command.ts'
import { listCommand } from './list-command.ts'

/** `audiences`: the custom audiences that the tokens see. */
export function audiencesCommand(surroundings: Surroundings, end: (result: Result) => void) {
  return (
    new Command('audiences')
      .description('the custom audiences that the tokens see; with create, a new one')
      .helpCommand(false)
      // Without a sub-command it is the list, so a misspelled one would be an argument too many of that.
      .hook('preSubcommand', ({ args: [name = '-'], commands }) => {
        const names = commands.map((command) => command.name())
        if (!name.startsWith('-') && !names.includes(name))
          throw new UsageError(`unknown command '${name}'; there are: ${names.join(', ')}`)
      })
      .addCommand(listCommand(surroundings, end), { isDefault: true })
      .addCommand(createCommand(surroundings, end))
      .addHelpText('after', examples('audiences list', 'audiences create "Newsletter" --destination main'))
  )
}
