import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Source } from '../../lib/config/destinations-schema.ts'
import { refusal, success } from './answer.ts'
import type { Refusal } from './answer.ts'
import type { Erasing } from './erase.ts'
import type { Report } from './report.ts'

type Ingest = { erasing: () => Promise<Pick<Erasing, 'list'>>; report: Report }

/** Answers `GET /v1/erasures`: the newest erasures, or those from before the one with the id `before`. */
export async function answerErasureList(
  source: Source,
  before: string | undefined,
  { erasing, report }: Ingest,
): Promise<APIGatewayProxyResult> {
  const refuse = (reason: Refusal) => {
    report.refused(reason)
    return refusal(reason)
  }
  if (!source.mayErase) return refuse('may_not_erase')
  const { list } = await erasing()
  try {
    const listed = await list(before)
    return listed ? success(listed) : refuse('before_unknown')
  } catch (error) {
    report.requestFailed(source.name, error instanceof Error ? error.name : 'unknown')
    return refuse('erasures_unreadable')
  }
}
