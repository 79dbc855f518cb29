import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import { NEWEST_VERSION } from './api-version.ts'
import { ACCOUNT_ID } from './emulator.ts'
import type { Emulator } from './emulator.ts'
import type { Fault } from './faults.ts'
import { graphAnswer } from './graph-answer.ts'
import type { GraphRequest } from './graph-request.ts'
import type { PlannedFault } from './planned-faults.ts'
import { usageHeader } from './usage-headers.ts'

/** How a request ends on the wire: with an answer, with a part of one, or with none. */
export type Delivery = { delayMs: number } & (
  { end: 'answer'; answer: Answer } | { end: 'cut'; answer: Answer } | { end: 'reset' } | { end: 'hang' }
)

/** The usual answer, at once. */
export function promptly(answer: Answer): Delivery {
  return { end: 'answer', answer, delayMs: 0 }
}

/** What a fault makes of a request. The request has its usual effect first when the fault says that it applies. */
export function disturbed(emulator: Emulator, request: GraphRequest, fault: PlannedFault & Fault): Delivery {
  const usual = fault.applies ? graphAnswer(emulator, request) : undefined
  const { delayMs, connection } = fault
  if (connection === 'reset' || connection === 'hang') return { end: connection, delayMs }
  const answer = ownAnswer(emulator, request, fault) ?? usual
  if (answer === undefined) throw new Error(`The fault ${fault.name} has nothing to answer`)
  return { end: connection ?? 'answer', answer, delayMs }
}

function ownAnswer(emulator: Emulator, request: GraphRequest, fault: PlannedFault & Fault): Answer | undefined {
  const { error, page, usage } = fault
  if (page !== undefined) return pageAnswer(page)
  if (error === undefined) return undefined
  const { tier, usageHeaders, rateLimitStatus } = emulator.settings
  const status = fault.name === 'rate-limit-80003' ? rateLimitStatus : error.status
  const level = { callPercent: 100, regainMinutes: fault.regainMinutes, scorePercent: 100, resetSeconds: 300 }
  const isTold = usage !== undefined && usageHeaders !== 'never'
  const context = {
    method: request.method,
    version: request.segments.find((segment) => /^v\d/.test(segment)) ?? NEWEST_VERSION,
    headers: isTold ? usageHeader(usage, level, ACCOUNT_ID, tier) : {},
  }
  return errorAnswer({ ...error, status }, context)
}

/** An answer that is not in Meta's error shape. */
export function pageAnswer({ status, contentType, text }: NonNullable<Fault['page']>): Answer {
  return { status, headers: { 'content-type': contentType }, body: text }
}

/** Puts a delivery on the wire. */
export async function putOnTheWire(
  delivery: Delivery,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (delivery.delayMs > 0) await sleep(delivery.delayMs, undefined, { ref: false })
  if (delivery.end === 'hang') return
  if (delivery.end === 'reset') {
    request.socket.resetAndDestroy()
    return
  }
  const { status, headers, body } = delivery.answer
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  if (delivery.end === 'answer') response.end(bytes)
  else response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy())
}
