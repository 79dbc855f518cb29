import { createHash, randomUUID } from 'node:crypto'
import { neededFields } from '../../config/audience-mapping.ts'
import { keyOf } from '../stack/endpoint.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { askText, askYes } from '../terminal/ask.ts'
import { createProgressBar } from '../terminal/progress-bar.ts'
import { UsageError } from '../wrong-use.ts'
import { readAsOf } from './as-of.ts'
import { sayOfConsent } from './consent-columns.ts'
import { deliver } from './deliver.ts'
import { createDryRun } from './dry-run.ts'
import { createTally } from './tally.ts'
import { introduction } from './introduction.ts'
import { createLineReader } from './read-row.ts'
import { planOf } from './plan.ts'
import type { Plan } from './plan.ts'
import { dryRunResult, sentResult } from './report.ts'
import { LIMITS, sessionLimits } from './requests.ts'
import { stateToGoOnFrom } from './resume.ts'
import { createRowCheck } from './row-check.ts'
import { batchesOf, sendBatches } from './sending.ts'
import { openSideFile } from './side-file.ts'
import type { SendOptions } from './send-options.ts'
import { readRecords, unpackedSize } from './source-file.ts'
import { createStateWriter, readState } from './state-file.ts'
import type { SendState } from './state-file.ts'

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

async function runDry(plan: Plan, options: SendOptions, surroundings: Surroundings): Promise<Result> {
  const { terminal, clock } = surroundings
  const { file, feed, columns } = plan
  const asOf = options.timeColumn === undefined ? 0 : undefined
  const read = createLineReader({ ...lineMeans(plan, options, clock), columns, asOf, now: clock() })
  if (!options.json) terminal.say(introduction(plan, options, { read, asOf: undefined, clock }, terminal))
  sayOfConsent(plan, options, terminal)
  const dry = createDryRun()
  const size = unpackedSize(file)
  const progress = createProgressBar(terminal, clock, 'rows', { count: 0, fraction: 0 })
  const interrupt = surroundings.onInterrupt()
  try {
    for await (const records of readRecords(file, file.start)) {
      if (interrupt.signal.aborted) break
      for (const record of records) dry.count(record, read(record))
      const end = records.at(-1)?.end ?? 0
      progress.update({ count: dry.run.lines, fraction: size && Math.min(1, end / size) })
    }
  } finally {
    progress.clear()
    interrupt.forget()
  }
  if (interrupt.signal.aborted) return { status: 130, stdout: '', stderr: 'Interrupted. Nothing was sent.' }
  return dryRunResult(plan, dry.run, options, feed, terminal)
}

function lineMeans({ file, feed }: Plan, { list }: SendOptions, clock: () => number) {
  return { kind: file.kind, check: createRowCheck(feed.destinations, list === 'add' ? 'add' : 'remove', clock) }
}

async function runReal(plan: Plan, options: SendOptions, surroundings: Surroundings): Promise<Result> {
  const { terminal, clock, post, sleep } = surroundings
  const { stack, file, feed, columns } = plan
  const known = options.restart ? undefined : readState(file.path)
  const begun = await stateToGoOnFrom(known, file, givenOptions(plan, options, clock()), terminal)
  const asOf = await asOfFor(begun, plan, options, surroundings)
  const now = begun ? Date.parse(begun.startedAt) : clock()
  const read = createLineReader({ ...lineMeans(plan, options, clock), columns, asOf, now })
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

function givenOptions({ stack, feed, file }: Plan, options: SendOptions, now: number) {
  const { event, list, session, map, ignore, asOf, timeColumn } = options
  return {
    ...{
      target: stack.title,
      source: feed.source.name,
      event,
      list,
      session: session === true,
      map,
      ignore,
      timeColumn,
    },
    asOf: asOf === undefined ? undefined : new Date(readAsOf(asOf, file.modifiedAt, now)).toISOString(),
  }
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

function newState(plan: Plan, options: SendOptions, asOf: number | undefined, now: number): SendState {
  const { stack, feed, file } = plan
  const { event, list, session, map, ignore, timeColumn } = options
  const at = new Date(now).toISOString()
  return {
    ...{
      version: 1,
      run: randomUUID(),
      file: file.identity,
      columns: '',
      estimatedTotal: Math.max(1, plan.estimatedRows),
    },
    options: {
      ...{ target: stack.title, source: feed.source.name, event, list, session: session === true, map, ignore },
      ...(asOf !== undefined && { asOf: new Date(asOf).toISOString() }),
      ...(timeColumn !== undefined && { timeColumn }),
    },
    ...{ position: file.start, sequence: 0, rows: 0, rejected: 0, leftOut: {}, blank: {}, findings: {} },
    ...{ sideFileBytes: 0, startedAt: at, updatedAt: at, doneAt: null },
  }
}

function columnsHash({ file, feed, columns }: Plan, limits: object): string {
  const header = file.kind.format === 'csv' ? file.kind.header.map((name) => [name, columns(name)]) : []
  const what = [header, neededFields(feed.destinations), limits]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex')
}
