import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { success } from './answer.ts'
import type { Erasing } from './erase.ts'
import { refuse } from './refuse.ts'
import type { Report } from './report.ts'

type Ingest = { erasing: () => Promise<Pick<Erasing, 'list'>>; report: Report }

/** Answers `GET /v1/erasures`: the newest erasures, or those from before the one with the id `before`. */
export async function answerErasureList(
  source: Source,
  before: string | undefined,
  { erasing, report }: Ingest,
): Promise<APIGatewayProxyResult> {
  if (!source.mayErase) return refuse(report, 'may_not_erase')
  const { list } = await erasing()
  try {
    const listed = await list(before)
    return listed ? success(listed) : refuse(report, 'before_unknown')
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return refuse(report, 'erasures_unreadable')
  }
}
