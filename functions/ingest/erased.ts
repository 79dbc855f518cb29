import type { APIGatewayProxyResult } from 'aws-lambda'
import { fieldOfIdentifier } from '../../lib/audience/identifiers.ts'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { usersIn } from '../../lib/erasure/erase-body.ts'
import { worded } from '../../lib/erasure/erasure-warning.ts'
import { success } from './answer.ts'
import type { Erasing } from './erase.ts'
import { refuse } from './refuse.ts'
import type { Report } from './report.ts'

/** Each is read for every destination. */
const MOST_USERS = 100

type Ingest = {
  erasing: () => Promise<Pick<Erasing, 'namePeople' | 'plan' | 'isErased'>>
  report: Report
  clock: () => number
}

/** Answers `/v1/erased`: which of these people are erased, and by which of their identifiers. */
export async function answerWhetherErased(
  source: Source,
  json: object,
  { erasing, report, clock }: Ingest,
): Promise<APIGatewayProxyResult> {
  if (!source.mayErase) return refuse(report, 'may_not_erase')
  const asked = usersIn(json, 'erase')
  if (!asked.ok) return refuse(report, asked.problem, asked.found)
  if (asked.users.length > MOST_USERS) return refuse(report, 'too_many_asked')
  const { namePeople, plan, isErased } = await erasing()
  try {
    const is = await isErased()
    const users = asked.users.map((user, index) => {
      const { people } = namePeople([user])
      const { identifiers, warnings } = plan({ id: '', at: clock(), people })
      const unused = warnings.length > 0 && { warnings: worded(warnings) }
      if (identifiers.size === 0) return { index, erased: false, code: 'no_identifier', ...unused }
      const by = new Set([...identifiers].flatMap((each) => (is?.(each) ? (fieldOfIdentifier(each) ?? []) : [])))
      return { index, erased: by.size > 0, ...(by.size > 0 && { by: [...by] }), ...unused }
    })
    return success({ users })
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return refuse(report, 'erasures_unreadable')
  }
}
