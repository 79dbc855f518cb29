import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { warningLine } from '../erasure/erase-answer.ts'
import { untilInterrupted } from '../interruption.ts'
import { endpointIn } from '../stack/endpoint.ts'
import { reachError } from '../stack/aws-reason.ts'
import type { Stack } from '../stack/stack.ts'
import type { Result, Surroundings } from '../surroundings.ts'
import { capital } from '../terminal/capital.ts'
import { progress } from '../terminal/progress.ts'
import { minuteOf } from '../terminal/time.ts'
import { wrapped } from '../terminal/wrap.ts'
import { audienceDocument, formsDocument } from './document.ts'
import { askWhetherErased, erasedText } from './erased.ts'
import type { Asked } from './erased.ts'
import { gatherFacts } from './facts.ts'
import type { Facts } from './facts.ts'
import { sentForms } from './sent-forms.ts'
import type { Known } from './sent-forms.ts'
import { ABOUT_THE_LOG, audienceText, formsTable, isOfDestination } from './text.ts'
import { verdictOf } from './judge.ts'

type Options = { reveal?: boolean; json?: true }

/** Says how a person stands in each audience of a stack, and why. `users` describe this one person. */
export async function explainPerson(
  stack: Stack,
  users: readonly unknown[],
  body: unknown,
  options: Options,
  surroundings: Surroundings,
): Promise<Result> {
  const known = sentForms(users, stack.settings, stack.clock)
  const [erased, facts] = await untilInterrupted(surroundings, async (signal) =>
    Promise.all([whetherErased(stack, body, surroundings), factsOf(stack, known, signal, surroundings)]),
  )
  if (!facts) return { status: 130, stdout: '', stderr: 'Interrupted.' }
  const isUnusable = known.every(({ forms }) => forms.length === 0)
  surroundings.terminal.answer(answerOf(stack, known, facts, erased, options, surroundings))
  const footnote = surroundings.terminal.paint('dim', wrapped(ABOUT_THE_LOG, surroundings.terminal.columns ?? Infinity))
  return { status: isUnusable ? 1 : 0, stdout: '', stderr: options.json ? '' : `\n${footnote}` }
}

/** Undefined after Ctrl-C. */
async function factsOf(
  stack: Stack,
  known: readonly Known[],
  signal: AbortSignal,
  surroundings: Surroundings,
): Promise<Facts[] | undefined> {
  const client = new DynamoDBClient(stack.aws)
  const bar = progress(surroundings.terminal, surroundings.clock)
  try {
    const facts = await gatherFacts(stack, known, client, surroundings, signal, (audienceId, writtenAt) =>
      bar.show(`Reading the log of ${audienceId}: back to ${minuteOf(writtenAt)}`),
    )
    return signal.aborted ? undefined : facts
  } catch (error) {
    throw reachError(error)
  } finally {
    bar.end()
    client.destroy()
  }
}

type WhetherErased = { ok: true; users: readonly Asked[] } | { ok: false; message: string }

async function whetherErased(stack: Stack, body: unknown, surroundings: Surroundings): Promise<WhetherErased> {
  if (!stack.settings.sources.some(({ mayErase }) => mayErase))
    return { ok: false, message: 'no source of the settings has "mayErase", so nobody can be asked' }
  const endpoint = await endpointIn(stack, surroundings, ({ mayErase }) => mayErase)
  const answered = await askWhetherErased(endpoint, body, surroundings.fetch)
  return answered.ok ? { ok: true, users: answered.answer.users } : { ok: false, message: answered.message }
}

function answerOf(
  stack: Stack,
  known: readonly Known[],
  facts: readonly Facts[],
  erased: WhetherErased,
  { reveal = false, json }: Options,
  { terminal }: Surroundings,
): string {
  const by = erased.ok ? { by: [...new Set(erased.users.flatMap((user) => user.by))] } : undefined
  const judged = facts.map((each) => ({ facts: each, verdict: verdictOf(each, by, stack.typed) }))
  if (json) {
    const document = {
      ...{ stack: stack.title, sentAs: formsDocument(known, reveal) },
      ...(erased.ok ? { erased: (by?.by.length ?? 0) > 0, users: erased.users } : { erasedUnknown: erased.message }),
      audiences: judged.map((each) => audienceDocument(each.facts, each.verdict)),
    }
    return JSON.stringify(document, null, 2)
  }
  const forms = known.some((each) => each.forms.length > 0) ? [formsTable(known, reveal, terminal), ''] : []
  const shown = judged.filter(
    ({ facts: { destination }, verdict: { state } }, place) =>
      !isOfDestination(state) || judged.findIndex((other) => other.facts.destination === destination) === place,
  )
  const texts = shown.map((each) => audienceText(each.facts, each.verdict, terminal))
  return [...forms, ...erasedLines(erased), '', texts.join('\n\n')].join('\n')
}

/** People are erased or not by everything that was given. */
function erasedLines(erased: WhetherErased): string[] {
  if (!erased.ok) return [`Erased? Not known: ${erased.message}`]
  const [first] = erased.users
  const user = erased.users.find((each) => each.erased) ?? erased.users.find(({ code }) => code === undefined) ?? first
  const warnings = erased.users.flatMap((each) => each.warnings.map((warning) => warningLine(warning)))
  const text = user ? erasedText(user) : 'not erased'
  return [`${capital(text)}.`, ...new Set(warnings)]
}
