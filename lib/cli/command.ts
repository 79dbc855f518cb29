import { Command, CommanderError } from '@commander-js/extra-typings'
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import { audiencesCommand } from './audiences/command.ts'
import { costsCommand } from './costs/command.ts'
import { deadLettersCommand } from './dead-letters/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { eraseCommand } from './erasure/erase-command.ts'
import { erasuresCommand } from './erasure/erasures-command.ts'
import { explainCommand } from './explain/command.ts'
import { retryCommand } from './retry/command.ts'
import { tokenCommand } from './secrets/token-command.ts'
import { writeKeyCommand } from './secrets/write-key-command.ts'
import { sendCommand } from './send/command.ts'
import { statusCommand } from './status/command.ts'
import { PROGRAM } from './stack/options.ts'
import { STATUSES } from './surroundings.ts'
import type { Result, Surroundings } from './surroundings.ts'
import { whyCommand } from './why/command.ts'
import { Cancelled } from './terminal/ask.ts'
import { printableLines } from './terminal/terminal.ts'
import { FileError, OutOfReach, UsageError } from './wrong-use.ts'

/** Says how a command ended. */
export type End = (result: Result) => void

/** All commands, in the order of the help. */
const COMMANDS: readonly ((surroundings: Surroundings, end: End) => CommandUnknownOpts)[] = [
  explainCommand,
  statusCommand,
  retryCommand,
  doctorCommand,
  deadLettersCommand,
  audiencesCommand,
  tokenCommand,
  writeKeyCommand,
  sendCommand,
  whyCommand,
  (...given) => eraseCommand('erase', ...given),
  (...given) => eraseCommand('unerase', ...given),
  erasuresCommand,
  costsCommand,
]

/** Runs the command that these arguments are. What is still to be written is in the result. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<Result> {
  const help: string[] = []
  const said: string[] = []
  let result: Result = { status: 0, stdout: '', stderr: '' }
  const program = programOf(surroundings, (ended) => (result = ended))
  for (const command of [program, ...descendants(program)])
    command.exitOverride().configureOutput({
      writeOut: (text) => help.push(text),
      writeErr: (text) => said.push(text.replace(/^error: /, '')),
      getOutHelpWidth: () => surroundings.terminal.columns ?? 100,
      getErrHelpWidth: () => surroundings.terminal.columns ?? 100,
    })
  try {
    if (args.length === 0) throw new UsageError('Name a command')
    await program.parseAsync(args, { from: 'user' })
    return result
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0
        ? { status: 0, stdout: help.join('').trimEnd(), stderr: '' }
        : { status: 2, stdout: '', stderr: wrongUse(said.join('').trimEnd(), args, program) }
    if (error instanceof UsageError) return { status: 2, stdout: '', stderr: wrongUse(error.message, args, program) }
    if (error instanceof FileError) return { status: 2, stdout: '', stderr: printableLines(error.message) }
    if (error instanceof OutOfReach) return { status: 3, stdout: '', stderr: printableLines(error.message) }
    if (error instanceof Cancelled) return { status: 130, stdout: '', stderr: 'Nothing was done.' }
    throw error
  }
}

function programOf(surroundings: Surroundings, end: End): CommandUnknownOpts {
  const program = new Command(PROGRAM)
    .usage('<command> [options]')
    .description(
      'Sees, steers and mends a stack of facebook-audience-sync: the local one of npm start, or a deployed one.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `\nExit status: ${Object.entries(STATUSES)
        .map(([status, meaning]) => `${status} ${meaning}`)
        .join(', ')}.`,
    )
  for (const commandOf of COMMANDS) program.addCommand(commandOf(surroundings, end))
  return program
}

function descendants({ commands }: CommandUnknownOpts): CommandUnknownOpts[] {
  return commands.flatMap((command) => [command, ...descendants(command)])
}

/** What is wrong, and which help says more: that of the command, such as `dlq list`. */
function wrongUse(message: string, args: readonly string[], program: CommandUnknownOpts): string {
  const child = (parent: CommandUnknownOpts | undefined, name: string | undefined) =>
    parent?.commands.find((command) => command.name() === name)
  const command = child(program, args[0])
  const names = [command, child(command, args[1])].flatMap((each) => each?.name() ?? [])
  return `${printableLines(message)}\nHelp: ${[PROGRAM, ...names, '--help'].join(' ')}`
}
