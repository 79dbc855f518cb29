import type { APIGatewayProxyResult } from 'aws-lambda'
import { refusal } from './answer.ts'
import type { Refusal } from './answer.ts'
import type { Report } from './report.ts'

/** Refuses a request, and counts that. `found` says what is wrong with it. */
export function refuse(report: Report, reason: Refusal, found?: string): APIGatewayProxyResult {
  report.refused(reason)
  return refusal(reason, found)
}
