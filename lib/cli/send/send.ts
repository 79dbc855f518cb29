import { keyOf } from '../stack/endpoint.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askText, askYes } from '../terminal/ask.ts'
import { createProgressBar } from '../terminal/progress-bar.ts'
import { UsageError } from '../wrong-use.ts'
import { sayOfConsent } from './consent-columns.ts'
import { runDry } from './dry-run.ts'
import { readRecords, unpackedSize } from './file/source-file.ts'
import { introduction } from './introduction.ts'
import { lineReaderOf, planOf } from './plan.ts'
import type { Plan } from './plan.ts'
import { sentResult } from './report/sent-result.ts'
import { deliver } from './requests/deliver.ts'
import { LIMITS, sessionLimits } from './requests/requests.ts'
import { batchesOf, sendBatches } from './requests/sending.ts'
import { openSideFile } from './requests/side-file.ts'
import { createTally } from './requests/tally.ts'
import { readAsOf } from './rows/as-of.ts'
import type { SendOptions } from './send-options.ts'
import { columnsHash, givenOptions, newState } from './state/new-state.ts'
import { stateToGoOnFrom } from './state/resume.ts'
import { createStateWriter, readState } from './state/state-file.ts'
import type { SendState } from './state/state-file.ts'

/** So many requests are under way at once. Those of a session keep their order. */
const AT_ONCE = 4

/** Reads a file, shows what it would lead to, and sends it after a yes. */
export async function runSend(path: string, options: SendOptions, surroundings: Surroundings): Promise<Result> {
  const plan = await planOf(path, options, surroundings)
  for (const warning of plan.stack.warnings) surroundings.terminal.say(warning)
  const ended = await (options.dryRun ? runDry(plan, options, surroundings) : runReal(plan, options, surroundings))
  // What comes next is said last.
  if (ended.stdout !== '') surroundings.terminal.answer(ended.stdout)
  return { ...ended, stdout: '' }
}

async function runReal(plan: Plan, options: SendOptions, surroundings: Surroundings): Promise<Result> {
  const { terminal, clock, post, sleep } = surroundings
  const { stack, file, feed } = plan
  const known = options.restart ? undefined : readState(file.path)
  const begun = await stateToGoOnFrom(known, file, givenOptions(plan, options, clock()), options.yes === true, terminal)
  const asOf = await asOfFor(begun, plan, options, surroundings)
  const now = begun ? Date.parse(begun.startedAt) : clock()
  const read = lineReaderOf(plan, options, clock, { asOf, now })
  const limits = options.session
    ? sessionLimits(Math.min(...feed.destinations.map(({ maxUserCount }) => maxUserCount)))
    : LIMITS
  const state = begun ?? newState(plan, options, asOf, now)
  const fingerprint = columnsHash(plan, limits)
  if (begun && begun.columns !== fingerprint)
    throw new UsageError(
      `A part of ${file.path} was sent with other settings: the fields of the event's destinations have changed since.\nTo begin anew, which does no harm: --restart`,
    )
  state.columns = fingerprint
  if (!options.json || !options.yes) terminal.say(introduction(plan, options, { read, asOf, clock, begun }, terminal))
  sayOfConsent(plan, options, terminal)
  const question = begun ? `Go on with the rest of ${plan.rowsText}?` : `Send ${plan.rowsText}?`
  if (!options.yes && !(await askYes(question, 'look at the above, and give --yes', terminal)))
    return { status: 130, stdout: '', stderr: 'Nothing was sent.' }

  const key = await keyOf(stack, ({ name }) => name === feed.source.name)
  const side = openSideFile(file, {
    length: state.sideFileBytes,
    mayReplace: options.restart === true || known !== undefined,
  })
  const tally = createTally(state)
  const size = unpackedSize(file)
  const progressOf = () => ({ count: state.rows, fraction: size && Math.min(1, state.position.bytes / size) })
  const startedAt = clock()
  const rowsBefore = state.rows
  const progress = createProgressBar(terminal, clock, 'rows', progressOf())
  progress.update(progressOf())
  const interrupt = surroundings.onInterrupt()
  interrupt.signal.addEventListener('abort', () =>
    progress.say('Stopping when the requests under way are answered. Ctrl-C again leaves at once.'),
  )
  const write = createStateWriter(file.path)
  const save = () => {
    state.sideFileBytes = side.length()
    state.updatedAt = new Date(clock()).toISOString()
    write(state)
  }
  const run = {
    ...{ id: state.run, event: options.event, list: options.list },
    ...(options.session && { session: { estimatedTotal: state.estimatedTotal } }),
  }
  save()
  let stop
  try {
    stop = await sendBatches({
      batches: batchesOf(readRecords(file, state.position), read, run, limits, state),
      deliver: (batch) =>
        deliver(batch.body, {
          ...{ url: stack.trackUrl, key, post, sleep, signal: interrupt.signal },
          onWait: (reason, ms) => progress.say(`${reason}; trying again in ${Math.round(ms / 1000)} s`),
        }),
      atOnce: options.session ? 1 : AT_ONCE,
      interrupt,
      acknowledge(batch, answer) {
        side.append(batch.leftOut)
        tally.count(batch, answer)
        save()
        progress.update(progressOf())
      },
    })
    if (!stop) {
      state.doneAt = new Date(clock()).toISOString()
      save()
    }
  } finally {
    progress.clear()
    interrupt.forget()
    side.close()
  }
  const seconds = (clock() - startedAt) / 1000
  return sentResult(
    plan,
    options,
    { state, stop, seconds, rows: state.rows - rowsBefore, sideFile: side.path, messages: tally.messages },
    terminal,
  )
}

/** How old all rows are; undefined where a column says it. */
async function asOfFor(
  begun: SendState | undefined,
  { file }: Plan,
  { asOf, timeColumn }: SendOptions,
  { terminal, clock }: Surroundings,
): Promise<number | undefined> {
  if (begun) return begun.options.asOf === undefined ? undefined : Date.parse(begun.options.asOf)
  if (timeColumn !== undefined) return undefined
  const given =
    asOf ??
    (await askText(
      'How old is the list? A time such as 2026-08-01; Enter takes that of the file:',
      {
        instead:
          'say it with --as-of TIME, --as-of file, or --time-column NAME.\nAn old list that counts as new would put back everybody who has left since',
        suggestion: new Date(file.modifiedAt).toISOString(),
      },
      terminal,
    ))
  return readAsOf(given, file.modifiedAt, clock())
}
